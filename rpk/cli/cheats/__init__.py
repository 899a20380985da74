"""The pages of `rpk cheat`, one Markdown file each."""
