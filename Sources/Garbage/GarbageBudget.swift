/// How long a gc may take.
package struct GarbageBudget {
    /// Whether no further step may start.
    package let isUp: () -> Bool
    /// Whether a step that can be interrupted has used its share.
    package let isHalfUp: () -> Bool

    package init(isUp: @escaping () -> Bool, isHalfUp: @escaping () -> Bool) {
        self.isUp = isUp
        self.isHalfUp = isHalfUp
    }

    /// Unlimited time, for a gc that a user requests.
    package static var unlimited: GarbageBudget { GarbageBudget(isUp: { false }, isHalfUp: { false }) }

    /// The same budget, which also ends when the task is cancelled. A step with many rows then ends too.
    var orCancelled: GarbageBudget {
        GarbageBudget(isUp: { Task.isCancelled || isUp() }, isHalfUp: { Task.isCancelled || isHalfUp() })
    }

    /// A budget of `time` from now on, by this machine's clock.
    package static func from(now time: Duration) -> GarbageBudget {
        let clock = ContinuousClock()
        let start = clock.now
        return GarbageBudget(isUp: { clock.now - start >= time }, isHalfUp: { clock.now - start >= time / 2 })
    }
}
