/// How a lookup ended.
package enum Outcome: String, CaseIterable, Sendable {
    /// The agent's own daemon had the image.
    case localHit = "local-hit"
    /// The registry had it.
    case registryHit = "registry-hit"
    /// Nobody had it.
    case miss
    /// The image was there, but too old.
    case expired
    /// Nobody was asked.
    case bypassed
}
