package main

import (
	"fmt"
	"os/signal"
	"time"

	rpc "google.golang.org/grpc"
)

// stopWithinDefault is more than any role's own drain_max is by default.
const stopWithinDefault = 30 * time.Second

// flushWithin is how long the last answers of a node may take to leave it.
const flushWithin = time.Second

// checkStop says what is wrong with the deadline of a stop.
func (c *config) checkStop() error {
	if c.StopWithin != 0 && (c.StopWithin < time.Millisecond || c.StopWithin > 24*time.Hour) {
		return fmt.Errorf("stop_within %v: want 1ms to 24h, or 0 (the default, %v)", c.StopWithin, stopWithinDefault)
	}
	return nil
}

// run waits for the node's end, which a signal asks for, and returns the exit code.
func (s *service) run() int {
	defer signal.Stop(s.signals)
	var late <-chan time.Time // nil until the node is asked to stop
	code := exitOK
	atOnce := func(why string) {
		s.log.Warn("ending at once", "why", why)
		code = exitInterrupted
		s.node.Kill()
	}
	for {
		select {
		case <-s.hangups:
			s.reload.ask()
		case sig := <-s.signals:
			if late != nil {
				atOnce("a second signal: " + sig.String())
				continue
			}
			within := s.cfg.StopWithin
			if within == 0 {
				within = stopWithinDefault
			}
			late = time.After(within)
			s.log.Info("stopping", "signal", sig.String(), "within", within.String())
			s.refuseNew()
			s.stop()
		case <-late:
			atOnce("stop_within has passed")
		case <-s.node.Done():
			return s.ended(code)
		}
	}
}

// refuseNew makes every health check say that nothing new is to come here, before the
// node refuses it.
func (s *service) refuseNew() {
	s.watch.stopping.Store(true)
	s.health.Shutdown() // NOT_SERVING from now on
	s.http.link.Shutdown()
}

// ended closes what is open and returns the exit code.
func (s *service) ended(code int) int {
	if err := s.node.Err(); err != nil {
		s.log.Error("the end of the event log is not written", "err", err)
		code = exitInternal
	}
	if code == exitOK && s.unacked > 0 {
		code = exitRefused
	}
	s.close()
	s.log.Info("stopped", "code", code)
	return code
}

// stopServers ends gRPC servers whose streams are over: what was answered goes out, unless
// its client does not take it.
func stopServers(servers []*rpc.Server) {
	late := time.AfterFunc(flushWithin, func() {
		for _, server := range servers {
			server.Stop()
		}
	})
	defer late.Stop()
	for _, server := range servers {
		server.GracefulStop()
	}
}
