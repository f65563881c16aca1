/// Asks all questions at the same time.
///
/// An answer and its question become a pair once both are there. A child of a task group that returns
/// `(question, try await ask(question))` loses the question: Swift 6.3.1 leaves out the store when it optimises, where
/// a `catch` returns a tuple as well. Tests run the release binary to see such a thing.
func answers<Question: Hashable & Sendable, Answer: Sendable>(
    to questions: [Question],
    _ ask: @escaping @Sendable (Question) async -> Answer
) async -> [Question: Answer] {
    await withTaskGroup(of: Answered<Question, Answer>.self) { group in
        for question in questions {
            group.addTask {
                let answer = await ask(question)
                return Answered(question: question, answer: answer)
            }
        }
        return await group.reduce(into: [:]) { $0[$1.question] = $1.answer }
    }
}

private struct Answered<Question: Sendable, Answer: Sendable>: Sendable {
    let question: Question
    let answer: Answer
}
