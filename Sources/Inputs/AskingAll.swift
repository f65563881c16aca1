/// Runs `ask` for all questions concurrently.
///
/// The question and its answer are paired only after the answer has arrived. If a child of a task group returns
/// `(question, try await ask(question))`, the question is lost: Swift 6.3.1 optimises the store away where a `catch`
/// also returns a tuple. Tests run the release binary to detect such miscompilations.
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
