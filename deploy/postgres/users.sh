#!/usr/bin/env bash
# Makes the database's two users, once, when the database itself is made: one owns the schema
# and upgrades it, the other is what the programs run as and is granted their rows alone
# (bng-opt db grant). Names and passwords are those of the URLs in the secrets.
set -euo pipefail

secrets=${SECRETS:-/run/secrets}
database=${POSTGRES_DB:-postgres}

# Reads a URL from a secret into user and password.
read_secret() {
    local pattern='^postgresql://([a-z_][a-z0-9_]*):([A-Za-z0-9._~-]+)@[^/]+/([a-z_][a-z0-9_]*)$'
    if ! [[ $(<"$1") =~ $pattern ]]; then
        echo "users.sh: $1 isn't postgresql://USER:PASSWORD@HOST/DATABASE in plain letters," \
            "digits and . _ ~ - alone; write it so and start with an empty volume." >&2
        exit 1
    fi
    if [[ ${BASH_REMATCH[3]} != "$database" ]]; then
        echo "users.sh: $1 names database ${BASH_REMATCH[3]}, and $database is made:" \
            "let both be the same." >&2
        exit 1
    fi
    user=${BASH_REMATCH[1]} password=${BASH_REMATCH[2]}
}

read_secret "$secrets/database_owner"
export BNG_OWNER=$user BNG_OWNER_PASSWORD=$password
read_secret "$secrets/bng_opt_database"
export BNG_USER=$user BNG_USER_PASSWORD=$password BNG_DATABASE=$database

# Passwords go by the environment: arguments are seen by all.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
    --username "${POSTGRES_USER:-postgres}" --dbname "$database" <<'SQL'
\getenv owner BNG_OWNER
\getenv owner_password BNG_OWNER_PASSWORD
\getenv user BNG_USER
\getenv user_password BNG_USER_PASSWORD
\getenv database BNG_DATABASE
BEGIN;
-- No statement with a password is to come into the server's log.
SET LOCAL log_statement = 'none';
SET LOCAL log_min_error_statement = 'panic';
SET LOCAL log_min_duration_statement = -1;
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password'
    NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE ROLE :"user" LOGIN PASSWORD :'user_password'
    NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"owner", :"user";
CREATE SCHEMA :"user" AUTHORIZATION :"owner";
ALTER ROLE :"owner" SET search_path = :"user";
ALTER ROLE :"user" SET search_path = :"user";
COMMIT;
SQL
