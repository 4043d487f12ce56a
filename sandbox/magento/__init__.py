"""The twin of Magento Open Source, Adobe Commerce and its cloud: several shops, each under its own base URL.

/magento/<shop>/rest/{store code, all}/V1/...    the REST API; /magento/cloud/V1/... in the cloud
/magento/<shop>/rest/{...}/async/bulk/V1/...     the same for many at once, done later
/magento/<shop>/oauth/token/{request,access}     the end of activating an integration
/magento/<shop>/admin/...                        what a person sees
/magento/ims/token/v3                            Adobe's sign-in for the cloud
"""

from __future__ import annotations

from sandbox.magento.twin import Twin

__all__ = ["Twin"]
