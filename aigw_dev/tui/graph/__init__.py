"""The flow editor: an immutable tree, a pure plan and paint, and one widget that shows them."""
