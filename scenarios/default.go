package scenarios

import "time"

// Default is the scenario that an empty file describes: two emitters, one
// distributor with two workers, three analysers, no fault. Only the name is
// missing.
func Default() *Scenario {
	return &Scenario{
		Inputs:       true,
		Emitters:     defaultEmitters(),
		Distributors: defaultDistributors(),
		Analysers:    Analysers{Count: 3, Weights: []int64{1}},
		Analyser: Analyser{
			Workers: 1, StoreTimeout: time.Second,
			EntryMax: 256 << 10,
			Pending:  4096,
			Dedup:    1 << 18,
			Batch:    256,
			Compact:  4 << 20,
			Disk:     Disk{Latency: Latency{"exponential", 200 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, Tail{0, 10}}},
		},
		Links: Links{
			Latency: Latency{"exponential", 200 * time.Microsecond, time.Millisecond, 20 * time.Millisecond, Tail{0, 10}},
			Queue:   Queue{65536, 256 << 20},
		},
		Phases:   Phases{Warmup: 3 * time.Second, Faults: 15 * time.Second, Heal: 7 * time.Second, Settle: time.Minute},
		Schedule: Schedule{Kind: "random", Window: 5 * time.Millisecond, Every: 1000},
		Limits:   RunLimits{Events: 50_000_000, Time: 10 * time.Second, LogBytes: 1 << 30},
		Check:    Check{MinPackets: 50, Expect: "pass"},
	}
}

func defaultEmitters() Emitters {
	return Emitters{
		Count:         2,
		Rate:          50_000,
		Arrivals:      "poisson",
		Burst:         20,
		Messages:      Span{1, 10},
		Bytes:         120,
		Buffer:        EmitterBuffer{2000, 16 << 20},
		SubmitTimeout: 20 * time.Second,
		Backoff:       Backoff{100 * time.Millisecond, 2 * time.Second, 200_000},
	}
}

func defaultDistributors() Distributors {
	return Distributors{
		Count:          1,
		Workers:        2,
		Policy:         "deficit",
		State:          "local",
		PacketMax:      100,
		Window:         256,
		OnFull:         "skip",
		AttemptTimeout: time.Second,
		AttemptsMax:    8,
		Backoff:        Backoff{50 * time.Millisecond, time.Second, 200_000},
		RetryBudget:    RetryBudget{10, 20},
		Queue:          Queue{4096, 64 << 20},
		Hold:           5 * time.Second,
		DrainMax:       5 * time.Second,
		Persist:        true,
		Detector:       defaultDetector(),
		Autoscale:      defaultAutoscale(),
		Spool:          defaultSpool(),
		Gossip:         Gossip{500 * time.Millisecond, time.Second, 32 << 10},
	}
}

func defaultDetector() Detector {
	return Detector{
		Kind:         "threshold",
		Interval:     500 * time.Millisecond,
		Jitter:       50 * time.Millisecond,
		Timeout:      400 * time.Millisecond,
		Failures:     3,
		Successes:    2,
		DataFailures: 5,
		DownInterval: time.Second,
		Pause:        200 * time.Millisecond,
		Phi:          Phi{8000, 200, 500 * time.Millisecond, 100 * time.Millisecond, 4 * time.Second},
	}
}
