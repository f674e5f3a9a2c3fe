package wire

import (
	"time"

	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/node"
)

// Generators of every message that may travel.

var (
	genName = rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`)
	genText = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\x00", "é\u202e\U0010ffff", "disk full on /dev/sda1"}))
	genNum  = rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1<<63 - 1, 1 << 63, 1<<64 - 1}))
)

var genID = rapid.Custom(func(t *rapid.T) message.ID {
	return message.ID{Source: genName.Draw(t, "source"), Inc: rapid.Uint32().Draw(t, "inc"), Seq: rapid.Uint64Min(1).Draw(t, "seq")}
})

var genAttr = rapid.Custom(func(t *rapid.T) message.Attribute {
	return message.Attribute{Key: rapid.StringN(1, -1, -1).Draw(t, "key"), Value: genText.Draw(t, "value")}
})

var genEntry = rapid.Custom(func(t *rapid.T) message.Entry {
	return message.Entry{
		Time:     rapid.Int64().Draw(t, "time"),
		Severity: message.Severity(rapid.Uint8Max(severityMax).Draw(t, "severity")),
		Source:   genText.Draw(t, "source"),
		Text:     genText.Draw(t, "text"),
		Attrs:    someOf(t, genAttr, "attrs"),
	}
})

var genEntries = rapid.Custom(func(t *rapid.T) []message.Entry { return someOf(t, genEntry, "entries") })

var genPacket = rapid.Custom(func(t *rapid.T) *message.Packet {
	return message.NewPacket(genID.Draw(t, "id"), genEntries.Draw(t, "entries"))
})

// someOf draws a short list, nil if it is empty.
func someOf[T any](t *rapid.T, of *rapid.Generator[T], label string) []T {
	list := rapid.SliceOfN(of, 0, 5).Draw(t, label)
	if len(list) == 0 {
		return nil
	}
	return list
}

var genAnalyserState = rapid.Custom(func(t *rapid.T) message.AnalyserState {
	return message.AnalyserState{
		ID: genName.Draw(t, "id"), Address: genText.Filter(func(s string) bool { return len(s) <= addressMax }).Draw(t, "address"),
		Weight: rapid.Uint32().Draw(t, "weight"), Drained: rapid.Bool().Draw(t, "drained"), Wanted: genNum.Draw(t, "wanted"),
		InFlight: genNum.Draw(t, "in flight"), Decided: genNum.Draw(t, "decided"), Delivered: genNum.Draw(t, "delivered"),
		Workers: someOf(t, genWorkerState, "workers"),
	}
})

var genWorkerState = rapid.Custom(func(t *rapid.T) message.WorkerState {
	status := rapid.SampledFrom([]string{"up", "down", "full", "drain", ""})
	return message.WorkerState{Worker: genName.Draw(t, "worker"), Status: status.Draw(t, "status"), InFlight: genNum.Draw(t, "in flight")}
})

// genMessages has one generator for each type of message.
var genMessages = []*rapid.Generator[node.Message]{
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.Submit{Packet: genPacket.Draw(t, "packet"), AckedBelow: genNum.Draw(t, "lo")}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.Result{
			ID: genID.Draw(t, "id"), Out: message.Outcome(rapid.Uint8Max(uint8(message.Spooled)).Draw(t, "out")),
			Why: genText.Draw(t, "why"), Definite: rapid.Bool().Draw(t, "definite"),
			Wait: time.Duration(rapid.Int64Range(0, int64(waitMax)).Draw(t, "wait")),
		}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.Dispatch{Packet: genPacket.Draw(t, "packet"), Attempt: rapid.Uint32().Draw(t, "attempt"), AckedBelow: genNum.Draw(t, "lo")}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.Receipt{
			ID: genID.Draw(t, "id"), Attempt: rapid.Uint32().Draw(t, "attempt"),
			Status: message.Status(rapid.Uint8Max(uint8(message.StUnavailable)).Draw(t, "status")), Why: genText.Draw(t, "why"),
		}
	}),
	rapid.Custom(func(t *rapid.T) node.Message { return &message.Probe{Number: genNum.Draw(t, "number")} }),
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.ProbeOK{Number: genNum.Draw(t, "number"), Ready: rapid.Bool().Draw(t, "ready")}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		doc := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "doc")
		if len(doc) == 0 {
			doc = nil
		}
		return &message.Control{Doc: doc}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.ControlOK{OK: rapid.Bool().Draw(t, "ok"), Version: genNum.Draw(t, "version"), Why: genText.Draw(t, "why")}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.State{After: rapid.OneOf(genName, rapid.Just("")).Draw(t, "after")}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.StateOK{
			Version: genNum.Draw(t, "version"), Analysers: someOf(t, genAnalyserState, "analysers"), More: rapid.Bool().Draw(t, "more"),
			Workers: rapid.Uint32().Draw(t, "workers"), Silent: rapid.Uint32().Draw(t, "silent"), Why: genText.Draw(t, "why"),
		}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		data := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "data")
		offset := rapid.Uint32Max(1000).Draw(t, "offset")
		return &message.Gossip{
			Serial: rapid.Uint64Min(1).Draw(t, "serial"), Offset: offset, Data: data,
			Total: offset + uint32(len(data)) + rapid.Uint32Max(1000).Draw(t, "rest"),
		}
	}),
	rapid.Custom(func(t *rapid.T) node.Message {
		return &message.GossipOK{Serial: genNum.Draw(t, "serial"), Seen: someOf(t, rapid.Byte(), "seen"), Why: genText.Draw(t, "why")}
	}),
}
