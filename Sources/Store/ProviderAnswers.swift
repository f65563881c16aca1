/// The table `provider_answers`: remembered answers of provider tools.
///
/// SQLite failures are thrown as ``SQLiteError``.
package struct ProviderAnswers {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    private static let columns = ["question", "answer", "ends_at"]
    static let table = CheckedTable(name: "provider_answers", columns: columns)

    /// The answer to a question, if it is still valid.
    /// - Parameter now: milliseconds since 1970.
    package func find(_ question: String, now: Int64) throws -> String? {
        try database.first(
            in: Self.table,
            "SELECT answer, \(Self.table.isSound) FROM provider_answers WHERE question = ?1 AND ends_at > ?2",
            question,
            now
        ) { row in try row.text(0) }
    }

    /// Saves an answer, replacing the one to the same question.
    /// - Parameter endsAt: until when the answer is valid, in milliseconds since 1970.
    package func save(_ answer: String, to question: String, endsAt: Int64) throws {
        try database.run(
            """
            \(Self.table.insert(Self.columns))
            ON CONFLICT (question) DO UPDATE SET
                answer = excluded.answer,
                ends_at = excluded.ends_at,
                checksum = excluded.checksum
            """,
            question,
            answer,
            endsAt
        )
    }
}
