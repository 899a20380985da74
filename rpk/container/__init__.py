"""Local clusters without a container runtime: broker processes, their data and logs under the state directory."""
