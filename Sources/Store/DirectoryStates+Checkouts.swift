/// What removing the hashes of checkouts asks of the tables.
extension DirectoryStates {
    /// All checkouts, the one used longest ago first.
    package func checkouts() throws -> [Checkout] {
        try database.all("SELECT id, path, last_used_at FROM checkouts ORDER BY last_used_at, id") { row in
            Checkout(id: try row.int64(0), path: try row.blob(1), lastUsedAt: try row.int64(2))
        }
    }

    /// Forgets a checkout and the hashes of its files, unless it was used since.
    /// - Returns: Whether it is gone by this.
    package func remove(_ checkout: Checkout) throws -> Bool {
        try database.run(
            "DELETE FROM checkouts WHERE id = ?1 AND last_used_at = ?2",
            checkout.id,
            checkout.lastUsedAt
        )
        return database.changes > 0
    }
}
