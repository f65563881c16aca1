/// Queries about many tags of a registry, a few at a time.
package enum ManyQueries {
    /// The number of tags that are queried concurrently.
    private static let width = 8

    /// The results of `ask` for all `subjects`, in their order. Throws the first error.
    ///
    /// - Parameter progress: called with the number of subjects processed so far, and the total
    package static func results<Subject: Sendable, Result: Sendable>(
        for subjects: [Subject],
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
        _ ask: @escaping @Sendable (Subject) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Answered<Result>.self) { tasks in
            var waiting = subjects.enumerated().makeIterator()
            var answered: [Answered<Result>] = []
            func startNext() {
                guard let (position, subject) = waiting.next() else { return }
                tasks.addTask {
                    let result = try await ask(subject)
                    return Answered(position: position, result: result)
                }
            }
            for _ in 0..<width { startNext() }
            while let next = try await tasks.next() {
                answered.append(next)
                progress(answered.count, subjects.count)
                startNext()
            }
            return answered.sorted { $0.position < $1.position }.map(\.result)
        }
    }

    private struct Answered<Result: Sendable>: Sendable {
        let position: Int
        let result: Result
    }
}
