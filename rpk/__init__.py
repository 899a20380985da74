"""The operator's tool: talks to brokers over the wire, touches this host only through `rpk.system`."""

__version__ = "0.1.0"
