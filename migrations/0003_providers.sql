-- Can be lost: how long a login to a registry lasts, so that nobody logs in again before. Never the secret. Docker
-- keeps one login for a host in each of its configuration directories; `identity` says whose it is, in the words of the
-- provider, so that a login for another registry on the same host is not taken for it.
CREATE TABLE logins (
    host TEXT NOT NULL,
    configuration TEXT NOT NULL,
    identity TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (host, configuration)
) STRICT, WITHOUT ROWID;

-- Can be lost: what a provider's tool was asked once, such as the account that somebody's credentials belong to, and
-- how long the answer may be believed. Neither question nor answer holds a secret.
CREATE TABLE provider_answers (
    question TEXT PRIMARY KEY,
    answer TEXT NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
