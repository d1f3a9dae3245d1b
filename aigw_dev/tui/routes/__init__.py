"""The parts of the Routes screen: the list, versions, dry-run, deploying; and what they know about drafts."""
