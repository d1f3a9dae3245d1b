"""The admin API's calls about what is asked to break."""

from typing import Any

from aigw_dev.admin_api.sending import Sending, segment


class FaultCalls(Sending):
    """Faults of the whole gateway. Answers are plain JSON values."""

    def faults(self) -> list[dict[str, Any]]:
        """Every fault in force: `id`, `fault`, `edge`, `spec`, how many calls it has `seen` and how many it `fired` at."""
        return self._get("/faults")["faults"]

    def add_fault(self, fault: str, **fields: Any) -> str:
        """Put a fault in force for every call (`http.429@provider:openai;times=2`); its id.

        `fields` are added to it. One that cannot be done is an `AdminError` `fault_unknown`.
        """
        return self._post("/faults", {"fault": fault, **fields})["fault_id"]

    def remove_fault(self, fault_id: str) -> list[dict[str, Any]]:
        """Take a fault back; those that stay in force."""
        return self._call("DELETE", f"/faults/{segment(fault_id)}")["faults"]

    def clear_faults(self) -> None:
        """Take every fault back."""
        self._call("DELETE", "/faults")

    def fault_catalogue(self) -> list[dict[str, Any]]:
        """Every fault there is: `id`, `family`, `summary`, `takes`, wire forms, what official SDKs make of it."""
        return self._get("/faults/catalogue")["faults"]
