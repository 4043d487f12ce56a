"""`manage.py rotate_vault`: put data keys under the newest vault key, or renew them altogether."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connections import rotation, vault
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = (
        "Wraps every tenant's data key with the newest of VAULT_KEYS; with --data-keys, makes new data keys and "
        "seals every secret and blob again. Safe to interrupt and to run again; afterwards the old vault key can go."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data-keys", action="store_true", help="renew the data keys and re-encrypt everything")

    def handle(self, *args: Any, **options: Any) -> None:
        total, failed = rotation.Rotated(), []
        for tenant in Tenant.objects.order_by("pk").iterator():
            with tenant_scope(tenant):
                try:
                    done = rotation.renew_data_keys() if options["data_keys"] else rotation.rewrap()
                except (vault.Tampered, FileNotFoundError) as error:
                    failed.append(tenant.public_id)
                    self.stderr.write(f"{tenant.public_id}: {error}")
                    continue
            total.add(done)
        self.stdout.write(
            f"data keys wrapped again: {total.keys}; secrets sealed again: {total.secrets}; "
            f"blobs sealed again: {total.blobs}; old data keys deleted: {total.dropped}"
        )
        if failed:
            raise CommandError(f"not finished for {len(failed)} tenants; nothing of theirs was lost")
