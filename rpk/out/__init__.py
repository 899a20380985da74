"""Everything rpk prints: tables, JSON, YAML, help, prompts, progress and errors; the only room that prints."""
