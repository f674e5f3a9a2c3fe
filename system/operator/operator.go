package operator

import (
	"slices"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/record"
)

// Order is what the world hands to the operator: deliver this document there. It
// is delivered to the actor as a plain message, in the world's own name.
type Order struct {
	To  node.Addr // incarnation 0: whichever runs when the document arrives
	Doc []byte    // must not change once handed over
}

// Name, Class, Size and Describe make an Order a node.Message. It never crosses
// a link.

func (*Order) Name() string      { return "order" }
func (*Order) Class() node.Class { return node.ClassControl }

// Size counts the document.
func (o *Order) Size() int { return 48 + len(o.Doc) }

// Describe says nothing: an order is not logged, the control message is.
func (*Order) Describe(*record.Line) {}

// Boot returns the boot function of an operator node. It fails if the
// configuration is invalid.
func Boot(cfg Config) node.Boot {
	return func(b node.Booter) error {
		if err := cfg.Validate(); err != nil {
			return err
		}
		return b.Spawn(Actor, node.Mailbox{}, &operator{cfg: cfg.WithDefaults()})
	}
}

// job is an order on its way.
type job struct {
	order    *Order
	attempts int
	token    node.Token // of the open request, 0 if none
	timer    node.Timer // timeout of the open request, or backoff
}

// operator delivers orders. Those to one address go one after another, in the
// order they came, because documents may build on each other.
type operator struct {
	cfg  Config
	jobs []*job // oldest first; at most OrdersMax
}

// Receive implements node.Actor.
func (o *operator) Receive(env node.Env, ev *node.Event) {
	switch ev.Kind {
	case node.Delivered:
		if order, ok := ev.Msg.(*Order); ok && len(o.jobs) < o.cfg.OrdersMax {
			o.jobs = append(o.jobs, &job{order: order})
			o.start(env)
		}
	case node.Replied:
		if _, ok := ev.Msg.(*message.ControlOK); ok {
			o.answered(env, ev.Token)
		}
	case node.Failed:
		if j := o.byToken(ev.Token); j != nil {
			env.Cancel(j.timer)
			o.failed(env, j)
		}
	case node.TimerFired:
		o.timer(env, ev)
	case node.Stopping:
		env.Exit()
	}
}

// start sends the oldest job of every address that has none under way.
func (o *operator) start(env node.Env) {
	for i := 0; i < len(o.jobs); i++ {
		j := o.jobs[i]
		if j.timer == 0 && !slices.ContainsFunc(o.jobs[:i], func(e *job) bool { return e.order.To == j.order.To }) {
			o.send(env, j)
		}
	}
}

func (o *operator) send(env node.Env, j *job) {
	assert(j.token == 0, "a job has two open requests")
	j.attempts++
	tok, err := env.Request(j.order.To, &message.Control{Doc: j.order.Doc})
	if err != nil {
		o.failed(env, j)
		return
	}
	j.token = tok
	j.timer = env.After(o.cfg.Timeout, 0)
}

// failed schedules the next attempt, or gives the job up.
func (o *operator) failed(env node.Env, j *job) {
	j.token = 0
	if j.attempts >= o.cfg.AttemptsMax {
		o.end(env, j)
		return
	}
	wait := o.cfg.BackoffMax
	if shift := j.attempts - 1; shift < 32 && o.cfg.BackoffBase<<shift>>shift == o.cfg.BackoffBase {
		wait = min(wait, o.cfg.BackoffBase<<shift)
	}
	// Up to a quarter is random, so that several operators do not march in step.
	wait -= time.Duration(env.Rand().Int64N(int64(wait)/4 + 1))
	j.timer = env.After(wait, 0)
}

func (o *operator) timer(env node.Env, ev *node.Event) {
	i := slices.IndexFunc(o.jobs, func(j *job) bool { return j.timer == ev.Timer })
	if i < 0 {
		return
	}
	j := o.jobs[i]
	if j.token != 0 { // timeout
		env.Forget(j.token)
		o.failed(env, j)
		return
	}
	o.send(env, j)
}

// answered ends the job whose newest request was answered. A late answer to an
// older request is not counted: the newer one is still under way.
func (o *operator) answered(env node.Env, tok node.Token) {
	if j := o.byToken(tok); j != nil {
		env.Cancel(j.timer)
		o.end(env, j)
	}
}

// end drops a job and lets the next one of its address go.
func (o *operator) end(env node.Env, j *job) {
	i := slices.Index(o.jobs, j)
	assert(i >= 0, "a job ended twice")
	o.jobs = slices.Delete(o.jobs, i, i+1)
	o.start(env)
}

func (o *operator) byToken(tok node.Token) *job {
	for _, j := range o.jobs {
		if j.token == tok && tok != 0 {
			return j
		}
	}
	return nil
}

func assert(ok bool, what string) {
	if !ok {
		panic("operator: " + what)
	}
}
