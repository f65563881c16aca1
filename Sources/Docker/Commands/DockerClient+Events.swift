import Formatting
package import Images
import Processes

/// The daemon's recent image events.
extension DockerClient {
    /// Whether the name may have moved to another image and back since `moment`. Also true if the daemon's history does
    /// not go back that far. Runs two processes.
    ///
    /// - Parameters:
    ///   - moment: milliseconds since 1970, according to `now`
    ///   - now: this machine's clock, which may differ from the daemon's
    package func mayHaveMoved(
        _ name: RegistryReference,
        since moment: Int64,
        now: () -> Int64
    ) async throws(DockerError) -> Bool {
        let question = ["info", "--format", "{{.SystemTime}}"]
        let clock = try await capture(question, timeLimit: Self.answerLimit)
        guard clock.status == 0 else { throw failure(question, clock) }
        guard let end = Self.milliseconds(clock.output.trimmingWhitespace()) else {
            throw .unexpectedAnswer(command: "docker info", message: clock.output.trimmingWhitespace())
        }
        // `now` is read after the daemon answered, so the interval is slightly too long and no event is missed.
        let start = end - (now() - moment)
        let arguments = [
            "events", "--since", Self.seconds(start), "--until", Self.seconds(end),
            "--format", "{{.Type}} {{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}",
        ]
        let answer = try await capture(arguments, timeLimit: Self.answerLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return Self.mayHaveMoved(name, events: answer.output)
    }

    /// Milliseconds since 1970 for a time with a fraction, as `docker info` prints it. Nil if it is not of that form.
    static func milliseconds(_ text: String) -> Int64? {
        guard let whole = Timestamp.milliseconds(text) else { return nil }
        let fraction = text.drop { $0 != "." }.dropFirst().prefix { $0.isNumber }
        return whole + (Int64((fraction + "000").prefix(3)) ?? 0)
    }

    /// The form for `docker events`: seconds with three decimal places.
    static func seconds(_ milliseconds: Int64) -> String {
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: max(0, 3 - fraction.count)))\(fraction)"
    }

    /// The number of events at which the history may be incomplete. The daemon keeps 256, of all kinds. The margin is
    /// for events that arrive during the query.
    private static let mostEvents = 200

    /// - Parameter events: events of all kinds, one per line: type, action, id, and the name if there is one
    static func mayHaveMoved(_ name: RegistryReference, events: String) -> Bool {
        let lines = events.split(whereSeparator: \.isNewline)
        guard lines.count < mostEvents else { return true }
        let namings = lines.count { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2, words[0] == "image" else { return false }
            switch words[1] {
            // Not every version's event contains the names.
            case "load", "import": return true
            case "tag", "pull":
                return words[2...].contains { (try? RegistryReference($0)).map { $0 == name } ?? false }
            default: return false
            }
        }
        // Moving away and back takes two events.
        return namings > 1
    }
}
