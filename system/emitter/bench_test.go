package emitter

import (
	"math/rand/v2"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/record"
)

// benchEnv is an Env that costs next to nothing, so that what is measured is the
// emitter.
type benchEnv struct {
	node.Env
	now   time.Duration
	rng   *rand.Rand
	log   *record.Log
	token node.Token
	sent  []sentPacket
}

type sentPacket struct {
	token node.Token
	id    message.ID
}

func (b *benchEnv) Now() time.Duration                                   { return b.now }
func (b *benchEnv) Wall() time.Time                                      { return time.Unix(1, 0) }
func (b *benchEnv) Rand() *rand.Rand                                     { return b.rng }
func (b *benchEnv) Forget(node.Token)                                    {}
func (b *benchEnv) After(time.Duration, uint64) node.Timer               { return 1 }
func (b *benchEnv) Cancel(node.Timer)                                    {}
func (b *benchEnv) Reply(node.ReplyTo, node.Message) (node.Token, error) { return 1, nil }
func (b *benchEnv) Log(kind string) *record.Line {
	if len(b.log.Bytes()) > 1<<20 {
		_ = b.log.Flush(func([]byte) error { return nil })
	}
	return b.log.Begin(kind, record.Stamp{Actor: Actor})
}

func (b *benchEnv) Request(_ node.Addr, m node.Message) (node.Token, error) {
	b.token++
	b.sent = append(b.sent, sentPacket{b.token, m.(*message.Submit).Packet.ID})
	return b.token, nil
}

// BenchmarkPacket measures one packet's whole life in the emitter, of ten
// messages and of one: made, hashed, logged, submitted, answered, forgotten.
func BenchmarkPacket(b *testing.B) {
	for _, c := range []struct {
		name     string
		messages int
	}{{"messages=1", 1}, {"messages=10", 10}} {
		b.Run(c.name, func(b *testing.B) {
			cfg := config(Generator{RateMilli: 1_000_000, MessagesMin: c.messages, Until: 1 << 60})
			e := newEmitter(cfg.WithDefaults(), "e1", 1)
			env := &benchEnv{rng: rand.New(rand.NewPCG(1, 2)), log: record.NewLog(record.Header{Node: "e1", Inc: 1, Role: "emitter"}, 0, 0, 0, nil)}
			e.Receive(env, &node.Event{Kind: node.Started})
			b.ReportAllocs()
			for b.Loop() {
				env.now += time.Millisecond
				e.Receive(env, &node.Event{Kind: node.TimerFired, Timer: 1})
				for _, s := range env.sent {
					e.Receive(env, &node.Event{Kind: node.Replied, Token: s.token, Msg: &message.Result{ID: s.id}})
				}
				env.sent = env.sent[:0]
			}
			if e.ended[acked] == 0 {
				b.Fatal("nothing was acknowledged")
			}
		})
	}
}
