/// How long a gc may take.
package struct GarbageBudget {
    /// Whether nothing more is to be begun.
    package let isUp: () -> Bool
    /// Whether what one step can be interrupted in has had its share.
    package let isHalfUp: () -> Bool

    package init(isUp: @escaping () -> Bool, isHalfUp: @escaping () -> Bool) {
        self.isUp = isUp
        self.isHalfUp = isHalfUp
    }

    /// All the time there is: someone asks for it.
    package static var unlimited: GarbageBudget { GarbageBudget(isUp: { false }, isHalfUp: { false }) }

    /// The same, and none as soon as the task is cancelled: then a step with many rows ends too.
    var orCancelled: GarbageBudget {
        GarbageBudget(isUp: { Task.isCancelled || isUp() }, isHalfUp: { Task.isCancelled || isHalfUp() })
    }

    /// So long from now on, by the clock of this machine.
    package static func from(now time: Duration) -> GarbageBudget {
        let clock = ContinuousClock()
        let start = clock.now
        return GarbageBudget(isUp: { clock.now - start >= time }, isHalfUp: { clock.now - start >= time / 2 })
    }
}
