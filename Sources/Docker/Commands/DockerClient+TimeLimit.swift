extension DockerClient {
    /// How long docker may take to say something of itself or of its daemon. One that hangs is a finding too.
    static let answerLimit = Duration.seconds(10)

    /// Runs docker and collects what it writes. What takes longer than `timeLimit` is ended and is an error.
    func capture(_ arguments: [String], timeLimit: Duration) async throws(DockerError) -> Answer {
        do {
            return try await withThrowingTaskGroup(of: Answer.self) { group in
                group.addTask { try await capture(arguments) }
                group.addTask {
                    try await Task.sleep(for: timeLimit)
                    throw DockerError.timedOut(
                        command: (["docker"] + arguments.prefix { $0 != "--format" }).joined(separator: " "),
                        seconds: Int(timeLimit.components.seconds)
                    )
                }
                // Whichever is left is cancelled, and a cancelled command is ended.
                defer { group.cancelAll() }
                guard let answer = try await group.next() else { throw CancellationError() }
                return answer
            }
        } catch {
            throw error as? DockerError ?? .notRun(command: "docker", message: "\(error)")
        }
    }
}
