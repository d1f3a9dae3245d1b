"""The admin API's calls by topic; `aigw_dev.client` puts them together."""
