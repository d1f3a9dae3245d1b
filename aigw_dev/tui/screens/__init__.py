"""The five screens, a file each."""
