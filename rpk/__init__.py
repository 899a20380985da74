"""The operator's tool: talks to brokers over the wire, touches this host only through `rpk.system`."""
