import Formatting
package import Images
import Processes

/// What the daemon remembers of what happened to its images.
extension DockerClient {
    /// Whether the name may have gone to another image and come back since `moment`. True also where the daemon does
    /// not remember that far. Two processes.
    ///
    /// - Parameters:
    ///   - moment: milliseconds since 1970, by `now`
    ///   - now: the clock of this machine, which need not be the daemon's
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
        // What has passed by now is more than what had passed when the daemon answered, so that nothing is missed.
        let start = end - (now() - moment)
        let arguments = [
            "events", "--since", Self.seconds(start), "--until", Self.seconds(end),
            "--format", "{{.Type}} {{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}",
        ]
        let answer = try await capture(arguments, timeLimit: Self.answerLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return Self.mayHaveMoved(name, events: answer.output)
    }

    /// Milliseconds since 1970 of a time with a fraction, as `docker info` has it. Nil if it is not of that form.
    static func milliseconds(_ text: String) -> Int64? {
        guard let whole = Timestamp.milliseconds(text) else { return nil }
        let fraction = text.drop { $0 != "." }.dropFirst().prefix { $0.isNumber }
        return whole + (Int64((fraction + "000").prefix(3)) ?? 0)
    }

    /// As `docker events` takes it: seconds with three digits behind the point.
    static func seconds(_ milliseconds: Int64) -> String {
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: max(0, 3 - fraction.count)))\(fraction)"
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
