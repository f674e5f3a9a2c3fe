package access

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"

	"weir/system/transport"
	"weir/system/transport/netlimit"
	"weir/system/transport/tlsconf"
)

// Op is what somebody wants to do.
type Op uint8

// The operations. A transport's method that is none of them is nobody's to call.
const (
	Submit   Op = iota + 1 // packets, to a distributor
	Dispatch               // a packet, to an analyser
	Probe                  // an analyser
	Control                // hand in a control document
	State                  // ask for the table of analysers
	Gossip                 // tell another distributor of the table that they share
	Health                 // ask once whether the node is ready
	Follow                 // be told of health for as long as one likes
	Describe               // what operations there are
	Observe                // metrics and profiles
)

// rule says who may do something.
type rule struct {
	roles []string
	open  bool // in the Anonymous mode also those without a certificate
}

var everyone = []string{tlsconf.Emitter, tlsconf.Distributor, tlsconf.Analyser, tlsconf.Operator}

// rules are all that may be done at all.
var rules = map[Op]rule{
	Submit:   {[]string{tlsconf.Emitter}, true},
	Dispatch: {[]string{tlsconf.Distributor}, false},
	Probe:    {[]string{tlsconf.Distributor}, false},
	Control:  {[]string{tlsconf.Operator}, false},
	State:    {[]string{tlsconf.Operator}, false},
	Gossip:   {[]string{tlsconf.Distributor}, false},
	Health:   {everyone, true},
	Follow:   {everyone, false},
	Describe: {[]string{tlsconf.Operator}, false},
	Observe:  {[]string{tlsconf.Operator}, false},
}

// rolesOf are the roles that a node of this one's peers has, by what is sent to it.
var rolesOf = [...][]string{
	transport.Submit: {tlsconf.Distributor}, transport.Dispatch: {tlsconf.Analyser}, transport.Probe: {tlsconf.Analyser},
	transport.Control: {tlsconf.Distributor, tlsconf.Emitter, tlsconf.Analyser}, transport.Gossip: {tlsconf.Distributor},
}

// RolesOf are the roles of which one must be that of who is sent messages of a kind.
func RolesOf(k transport.Kind) []string { return rolesOf[k] }

// Guard decides who may do what on one listener, and how many calls there are at once.
// The zero Guard believes whoever connects.
type Guard struct {
	// Certificates says that callers are known by theirs, and that without one hardly
	// anything is allowed. Default (false): whoever connects is believed.
	Certificates bool
	// Anonymous lets callers without a certificate do what is open to them; they are
	// believed who they are.
	Anonymous bool
	// Token is what every call must present. Default (nil): none.
	Token *Token
	// Calls bounds the calls and streams at once, in all and from one origin. Default
	// (nil): nothing but what each connection may have does.
	Calls *netlimit.Count
}

// Caller is who wants something.
type Caller struct {
	From          net.Addr             // where he connects from
	TLS           *tls.ConnectionState // nil: not encrypted
	Authorization []string             // the values of the header of that name
}

// Why says in which way a call is refused.
type Why uint8

// The ways of refusal.
const (
	Unknown   Why = iota + 1 // nobody knows who calls: no certificate, or no token
	Forbidden                // it is not his to do
	Busy                     // too many calls at once: again later
)

// Refusal says why a call is refused, in words that may be told to the caller.
type Refusal struct {
	Why  Why
	Text string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Text }

// Known is whom a caller's certificate names; ok is false if nobody asked for one.
type Known struct {
	tlsconf.Identity
	OK bool
}

// Enter admits a call, named as the caller knows it, or returns a *Refusal. leave is
// to be called once an admitted call is over.
func (g *Guard) Enter(op Op, name string, c Caller) (who Known, leave func(), err error) {
	who, err = g.authorise(op, name, c)
	if err != nil {
		return who, nil, err
	}
	if g.Calls == nil {
		return who, func() {}, nil
	}
	leave, ok := g.Calls.Enter(c.From)
	if !ok {
		return who, nil, &Refusal{Busy, "too many calls at once"}
	}
	return who, leave, nil
}

// authorise says who calls, if the operation is his.
func (g *Guard) authorise(op Op, name string, c Caller) (who Known, err error) {
	r, ok := rules[op]
	if !ok {
		return who, &Refusal{Forbidden, "nobody may call this"}
	}
	if g.Token != nil && !g.Token.Presented(c.Authorization) {
		return who, &Refusal{Unknown, "authorization: Bearer TOKEN is missing or wrong"}
	}
	if !g.Certificates {
		return who, nil
	}
	var id tlsconf.Identity
	if c.TLS != nil {
		if id, err = tlsconf.PeerOf(c.TLS); err != nil {
			return who, &Refusal{Unknown, err.Error()}
		}
	}
	switch {
	case id == (tlsconf.Identity{}) && (g.Anonymous && r.open || g.Token != nil):
		return who, nil
	case id == (tlsconf.Identity{}):
		return who, &Refusal{Unknown, "a certificate is required"}
	case !slices.Contains(r.roles, id.Role):
		return who, &Refusal{Forbidden, fmt.Sprintf("%s may not call %s", id, name)}
	}
	return Known{id, true}, nil
}

// Rule reports whether an operation is one of the table.
func (o Op) Rule() bool { _, ok := rules[o]; return ok }

type knownKey struct{}

// With puts who calls into the context of the call.
func (k Known) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, knownKey{}, k)
}

// KnownIn is who made the call of a context.
func KnownIn(ctx context.Context) Known {
	k, _ := ctx.Value(knownKey{}).(Known)
	return k
}

// Is returns an error unless a name that the caller gives to itself is his: a caller
// without a certificate is believed.
func (k Known) Is(name string) error {
	if k.OK && name != k.Name {
		return &Refusal{Forbidden, fmt.Sprintf("the certificate is of %s", k.Identity)}
	}
	return nil
}
