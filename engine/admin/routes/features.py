"""/v1/features: what the cluster can do, and that no license is needed for any of it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.answer import answer
from engine.admin.views import AdminViews

CLUSTER_VERSION = 14
"""The logical version of the Admin API level spoken (24.3)."""

ENTERPRISE_FEATURES = (
    "audit_logging",
    "cloud_storage",
    "core_balancing_continuous",
    "fips",
    "gssapi",
    "leadership_pinning",
    "oidc",
    "partition_auto_balancing_continuous",
    "rbac",
    "schema_id_validation",
    "datalake_iceberg",
)

ACTIVE = (
    "idempotency",
    "consumer_offsets",
    "membership",
    "seeds_driven_bootstrap",
    "cluster_topic_manifest_format_v2",
)
"""Feature names of Redpanda that tools look at and that hold here."""
UNAVAILABLE = (
    "transactions",
    "data_transforms",
    "node_local_core_assignment",
    "remote_labels",
    "role_based_access_control",
)


def routes(_views: AdminViews) -> list[Route]:
    """GET /v1/features, /v1/features/enterprise, /v1/features/license."""

    async def listed(_request: Request) -> Response:
        return answer(
            {
                "cluster_version": CLUSTER_VERSION,
                "original_cluster_version": CLUSTER_VERSION,
                "node_earliest_version": CLUSTER_VERSION,
                "node_latest_version": CLUSTER_VERSION,
                "features": [
                    *({"name": name, "state": "active", "was_active": True} for name in ACTIVE),
                    *({"name": name, "state": "unavailable", "was_active": False} for name in UNAVAILABLE),
                ],
            }
        )

    async def enterprise(_request: Request) -> Response:
        return answer(
            {
                "license_status": "not_present",
                "violation": False,
                "features": [{"name": name, "enabled": False} for name in ENTERPRISE_FEATURES],
            }
        )

    async def license_info(_request: Request) -> Response:
        return answer({"loaded": False})

    return [
        Route("/v1/features", listed),
        Route("/v1/features/enterprise", enterprise),
        Route("/v1/features/license", license_info),
    ]
