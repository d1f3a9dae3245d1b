"""Widgets that know nothing of gateways: lines, tables, panes, forms, pickers."""
