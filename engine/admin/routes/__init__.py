"""The routes, one file a group; each exports `routes(views)`."""
