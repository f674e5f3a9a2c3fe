package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"weir/system/analyser"
	"weir/system/distributor"
	"weir/system/driver"
	"weir/system/emitter"
	"weir/system/node"
	"weir/system/operator"
	"weir/system/source"
	"weir/system/transport"
	"weir/system/transport/grpc"
)

// serve runs one node until it ends, and returns the exit code. An operator takes its
// orders from in.
func serve(role string, args []string, in io.Reader, errw io.Writer) int {
	c, err := parseConfig(role, args, errw)
	if err != nil {
		if !errors.Is(err, errHelp) {
			fmt.Fprintf(errw, "weir-node %s: %s\n", role, printable(err.Error()))
		}
		return exitUsage
	}
	log, level := c.Logging.open(errw, c.Name)
	c.Sources.stdin = in
	s, err := newService(role, c, log)
	if err != nil {
		log.Error("does not start", "err", err)
		return exitInternal
	}
	s.hangups = make(chan os.Signal, 1)
	signal.Notify(s.hangups, syscall.SIGHUP) // before anybody is told that the node runs a table
	defer signal.Stop(s.hangups)
	s.level, s.reload = level, newReloader(s, role, args)
	go s.input(role, in)
	floor := floorHeap()
	defer runtime.KeepAlive(floor)
	return s.run()
}

// input reads standard input, if anybody wants it: an operator's orders, and whether
// it still is there.
func (s *service) input(role string, in io.Reader) {
	if role == "operate" {
		s.orders(in)
	}
	if s.cfg.Lifeline {
		_, _ = io.Copy(io.Discard, in) // however it ends
		s.log.Warn("ending at once: who started the node is gone")
		os.Exit(exitInterrupted)
	}
}

// orderMax bounds a line of an operator's orders in bytes.
const orderMax = 1 << 20

// orders hands lines of the form NODE ACTOR DOCUMENT to the operator, each as they
// come.
func (s *service) orders(in io.Reader) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, orderMax)
	for n := uint64(1); lines.Scan(); n++ {
		to, rest, _ := strings.Cut(lines.Text(), " ")
		actor, doc, ok := strings.Cut(rest, " ")
		if !ok || !node.ValidName(to) || !node.ValidName(actor) {
			s.log.Error("an order is not NODE ACTOR DOCUMENT", "line", n)
			continue
		}
		order := &operator.Order{To: node.Addr{Node: to, Actor: actor}, Doc: []byte(doc)}
		if err := s.node.Deliver(driver.Incoming{To: node.Addr{Actor: operator.Actor}, Token: node.Token(n), Msg: order}); err != nil {
			s.log.Error("an order is not taken", "line", n, "err", err)
		}
	}
	if err := lines.Err(); err != nil {
		s.log.Error("orders cannot be read", "err", err)
	}
}

// printable shows text of unknown origin: no control characters but line ends.
func printable(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			out[i] = '?'
		}
	}
	return string(out)
}

// service is one running node with its listeners.
type service struct {
	cfg     *config
	log     *slog.Logger
	node    *driver.Node
	link    *grpc.Link
	secure  *secure
	http    *httpSide
	health  *health.Server
	servers []*rpc.Server
	events  *events // nil: no event log is kept
	watch   *watch
	sources *source.Group // nil: there are none
	members io.Closer     // nil: nobody watches who is there
	local   *local
	store   outsideStore // of an analyser, outside the node's files; nil: it has none
	level   *slog.LevelVar
	reload  *reloader
	hangups chan os.Signal
	signals chan os.Signal // that ask it to end
	unacked uint64         // an emitter's packets that were not acknowledged; valid at the end
}

// newService opens everything and starts the node.
func newService(role string, c *config, log *slog.Logger) (*service, error) {
	s := &service{cfg: c, log: log, health: health.NewServer(), local: &local{}}
	if err := s.start(role); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *service) start(role string) error {
	c := s.cfg
	inc, err := incarnation(c)
	if err != nil {
		return err
	}
	if s.secure, err = c.Security.open(role, c.Name, s.log); err != nil {
		return err
	}
	if s.link, err = grpc.NewLink(s.secure.link(c.peers())); err != nil {
		return err
	}
	if s.http, err = newHTTPSide(role, c, s.secure, s.log); err != nil {
		return err
	}
	// From the first moment at which somebody may know of the node, a signal ends it in
	// order.
	s.signals = make(chan os.Signal, 2)
	signal.Notify(s.signals, os.Interrupt, syscall.SIGTERM)
	listening, err := s.listen(role)
	if err != nil {
		return err
	}
	if err := s.openWatch(); err != nil {
		return err
	}
	c.Emitter.Ended = s.emitted
	c.Emitter.Complain = func(input, what string) { s.log.Error("an input is not what it was", "input", input, "err", what) }
	if role == "emit" {
		if err := s.openSources(); err != nil {
			return err
		}
	}
	if role == "analyse" {
		if s.store, err = c.openStore(inc, s.log); err != nil {
			return err
		}
	}
	cfg := driver.Config{Name: c.Name, Incarnation: inc, Build: version(), Link: transport.NewMix(s.local, s.link, s.http.link), Dir: c.Data, Seed: c.Seed}
	cfg.Role, cfg.Boot = bootOf(role, c)
	if c.Epoch != 0 {
		cfg.Epoch = time.Unix(0, c.Epoch)
	}
	if c.Log != "" && c.EventLog.Mode != "off" {
		if s.events, err = openEvents(c.EventLog, c.Log, c.Name, inc, s.log); err != nil {
			return err
		}
		cfg.Log, cfg.OneIn = s.events, c.EventLog.oneIn()
	}
	if s.node, err = driver.Start(cfg); err != nil {
		return err
	}
	if err := s.watch.begin(cfg.Role, inc); err != nil {
		return err
	}
	if s.members, err = s.openMembers(inc); err != nil {
		return err
	}
	for i, l := range listening {
		go func() {
			if err := s.servers[i].Serve(l); err != nil && !errors.Is(err, rpc.ErrServerStopped) {
				s.log.Error("a listener ended", "addr", l.Addr().String(), "err", err)
			}
		}()
	}
	s.http.serve()
	s.log.Info("running", "role", cfg.Role, "incarnation", inc, "listen", c.Listen, "control", c.Control, "http_listen", c.HTTPListen, "http_control", c.HTTPControl)
	return nil
}

// incarnation is the number of this life.
func incarnation(c *config) (uint32, error) {
	if c.Incarnation == 0 {
		return driver.NextIncarnation(c.Data)
	}
	return c.Incarnation, os.MkdirAll(c.Data, 0o755)
}

// emitted tells how an emitter's packets ended. It is called once, before the node's end.
func (s *service) emitted(t emitter.Totals) {
	s.unacked = t.Emitted - t.Acked
	s.log.Info("ended", "packets", t.Emitted, "acknowledged", t.Acked, "rejected", t.Rejected, "expired", t.Expired)
}

// bootOf is the role's name in logs, and what boots it.
func bootOf(role string, c *config) (string, node.Boot) {
	switch role {
	case "distribute":
		return "distributor", distributor.BootGauged(c.Distributor, newGauge)
	case "analyse":
		return "analyser", analyser.Boot(c.Analyser)
	case "operate":
		return "operator", operator.Boot(c.Operator)
	}
	return "emitter", emitter.Boot(c.Emitter)
}

// listen opens the listeners of a role, one for each of s.servers.
func (s *service) listen(role string) ([]net.Listener, error) {
	var all []net.Listener
	add := func(addr string, register func(*rpc.Server)) error {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		l, options, err := s.secure.listener(l, addr == s.cfg.Control)
		if err != nil {
			return err
		}
		server := rpc.NewServer(options...)
		register(server)
		grpc_health_v1.RegisterHealthServer(server, s.health)
		s.servers = append(s.servers, server)
		all = append(all, l)
		return nil
	}
	data := func(register func(*rpc.Server)) error {
		if s.cfg.Listen == "" {
			return nil
		}
		return add(s.cfg.Listen, register)
	}
	control := func(register func(*rpc.Server, string), actor string) error {
		if s.cfg.Control == "" {
			return nil
		}
		return add(s.cfg.Control, func(r *rpc.Server) {
			register(r, actor)
			reflection.Register(r)
		})
	}
	switch role {
	case "distribute":
		err := data(func(r *rpc.Server) { s.link.ServeIngest(r, distributor.Ingress) })
		if err == nil {
			err = control(s.link.ServeTable, distributor.Supervisor)
		}
		return all, err
	case "analyse":
		err := data(func(r *rpc.Server) { s.link.ServeAnalyser(r, analyser.Actor) })
		return all, err
	case "emit":
		err := control(s.link.ServeControl, emitter.Actor)
		return all, err
	}
	return nil, nil
}

// close ends what is open.
func (s *service) close() {
	s.reload.close()
	s.watch.close()
	if s.members != nil {
		if err := s.members.Close(); err != nil {
			s.log.Warn("memberlist did not end in order", "err", err)
		}
	}
	if s.sources != nil {
		s.sources.Close()
	}
	if s.link != nil {
		s.link.Flush(flushWithin)
		s.link.Close()
	}
	if s.http != nil {
		s.http.close()
	}
	stopServers(s.servers)
	if s.events != nil {
		s.events.Close()
	}
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			s.log.Error("the store is not closed", "err", err)
		}
	}
}
