"""The three users of the database and what each may do.

`owner` migrates and is the only one that may change the schema. `app` is the web and the workers.
`console` is the operator's process. None is a superuser and none bypasses row-level security.
Tables the owner makes are granted by default privileges; `tenants.rls.Protect` takes away what a
table must not grant. `python -m config.database_roles` prints the statements for a server of your own.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

ROLES = {"app": "tieout_app", "owner": "tieout_owner", "console": "tieout_console"}
DATABASE = "tieout"

_CREATE_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION {extra};
  END IF;
END $$"""


def role_statements() -> list[str]:
    """Cluster-wide: the three roles. CREATEDB is the owner's for the sake of test databases."""
    return [
        _CREATE_ROLE.format(role=role, extra="CREATEDB" if name == "owner" else "NOCREATEDB").strip()
        for name, role in ROLES.items()
    ]


def grant_statements(database: str) -> list[str]:
    """Inside the database: who may connect, and what the owner's future tables grant."""
    owner = ROLES["owner"]
    statements = [f"REVOKE ALL ON DATABASE {database} FROM PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"]
    statements.append(f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}")
    for role in (ROLES["app"], ROLES["console"]):
        default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT"
        statements += [
            f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"{default} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
            f"{default} USAGE, SELECT ON SEQUENCES TO {role}",
        ]
    return statements


def create_database(maintenance_url: str, database_url: str) -> None:
    """Create roles, database and grants as a superuser; whatever exists already is kept."""
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        for statement in role_statements():
            connection.execute(statement)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is not None:
            return
        draft = f"{DATABASE}_draft"
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(draft), sql.Identifier(ROLES["owner"])))
    with psycopg.connect(database_url.replace(f"/{DATABASE}?", f"/{draft}?"), autocommit=True) as connection:
        for statement in grant_statements(draft):
            connection.execute(statement)
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(DATABASE)))


def main() -> None:
    """Print what a database administrator runs once on a server of his own."""
    print(";\n".join([*role_statements(), f"CREATE DATABASE {DATABASE} OWNER {ROLES['owner']}"]) + ";")
    print(f"\\connect {DATABASE}")
    print(";\n".join(grant_statements(DATABASE)) + ";")


if __name__ == "__main__":
    main()
