"""What stands around every screen: top line, key bar, help, jump letters, palette, settings."""
