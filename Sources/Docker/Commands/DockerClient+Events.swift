import Formatting
package import Images
import Processes

/// What the daemon remembers of what happened to its images.
extension DockerClient {
    /// Whether the name may have gone to another image and come back within the last `milliseconds`. True also where
    /// the daemon does not remember that far. Two processes.
    package func mayHaveMoved(_ name: RegistryReference, within milliseconds: Int64) async throws(DockerError) -> Bool {
        // The daemon's clock is not ours.
        let question = ["info", "--format", "{{.SystemTime}}"]
        let clock = try await capture(question, timeLimit: Self.answerLimit)
        guard clock.status == 0 else { throw failure(question, clock) }
        guard let now = Timestamp.milliseconds(clock.output.trimmingWhitespace()) else {
            throw .unexpectedAnswer(command: "docker info", message: clock.output.trimmingWhitespace())
        }
        // Both ends are rounded away from each other, to the second.
        let since = (now - milliseconds) / 1000 - 2
        let arguments = [
            "events", "--since", "\(since)", "--until", "\(now / 1000 + 1)",
            "--format", "{{.Type}} {{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}",
        ]
        let answer = try await capture(arguments, timeLimit: Self.answerLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return Self.mayHaveMoved(name, events: answer.output)
    }

    /// How many events the daemon keeps, less some that may come while it is asked: it keeps 256, of all kinds.
    private static let mostEvents = 200

    /// - Parameter events: of all kinds, a line each: type, action, id, and name if there is one
    static func mayHaveMoved(_ name: RegistryReference, events: String) -> Bool {
        let lines = events.split(whereSeparator: \.isNewline)
        guard lines.count < mostEvents else { return true }
        let namings = lines.count { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2, words[0] == "image" else { return false }
            switch words[1] {
            // What these name is not in every version's event.
            case "load", "import": return true
            case "tag", "pull":
                return words[2...].contains { (try? RegistryReference($0)).map { $0 == name } ?? false }
            default: return false
            }
        }
        // It takes two to go and to come back.
        return namings > 1
    }
}
