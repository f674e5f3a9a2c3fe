package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"weir/system/driver"
	"weir/system/emitter"
	"weir/system/node"
	"weir/system/source"
)

// followMost bounds the files that an emitter follows.
const followMost = 256

// sources are where an emitter's lines come from beside whole files.
type sources struct {
	// Follow are log files that grow, followed over rotation and truncation. Default: none.
	Follow []string `yaml:"follow"`
	// SyslogUDP and SyslogTCP are where syslog messages are taken: host:port, without a
	// host that of the loopback. Who reaches it can send anything in any name. Default
	// (empty): nowhere.
	SyslogUDP string `yaml:"syslog_udp"`
	SyslogTCP string `yaml:"syslog_tcp"`
	// SyslogIdle is how long a syslog connection may send nothing. Default (0): 10m.
	SyslogIdle time.Duration `yaml:"syslog_idle"`
	// SpoolMax is the size in bytes on disk that the spool of each source may have, 4 MiB
	// or more; a full one makes its source wait, and datagrams be dropped. Default (0): 1 GiB.
	SpoolMax int64 `yaml:"spool_max"`
	// SpoolMemory keeps what waits of standard input and syslog in memory, at most
	// SpoolMax, by default 64 MiB: it ends with the process. Default (false): on disk, in
	// the data folder.
	SpoolMemory bool `yaml:"spool_memory"`

	stdin io.Reader // what "-" is
}

// memoryDefault is the default of SpoolMax in memory, in bytes.
const memoryDefault = 64 << 20

// sourceFlags adds the flags of sources; the function that it returns puts what they say
// into a configuration.
func sourceFlags(flags *flag.FlagSet) func(*config) error {
	var follow list
	flags.Var(&follow, "follow", "a log file that grows")
	udp := flags.String("syslog-udp", "", "the address for syslog datagrams")
	tcp := flags.String("syslog-tcp", "", "the address for syslog connections")
	limit := flags.String("spool-max", "", "the bytes that the spool of a source may have")
	memory := flags.Bool("spool-memory", false, "keep spools in memory")
	return func(c *config) error {
		s := &c.Sources
		s.Follow = append(s.Follow, follow...)
		s.SpoolMemory = s.SpoolMemory || *memory
		if *udp != "" {
			s.SyslogUDP = *udp
		}
		if *tcp != "" {
			s.SyslogTCP = *tcp
		}
		if *limit == "" {
			return nil
		}
		n, err := strconv.ParseInt(*limit, 10, 64)
		if err != nil {
			return fmt.Errorf("--spool-max %q: want a number of bytes", *limit)
		}
		s.SpoolMax = n
		return nil
	}
}

// anySource reports whether there are sources.
func (c *config) anySource() bool {
	s := &c.Sources
	return len(s.Follow) > 0 || s.SyslogUDP != "" || s.SyslogTCP != "" || slices.Contains(c.Inputs, "-")
}

// limit is the size of each source's spool.
func (s *sources) limit() int64 {
	switch {
	case s.SpoolMax != 0:
		return s.SpoolMax
	case s.SpoolMemory:
		return memoryDefault
	}
	return source.SpoolDefault
}

// checkSources says what is wrong with the sources.
func (c *config) checkSources() error {
	s := &c.Sources
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(s.Follow) > followMost {
		bad("%d files to follow: at most %d", len(s.Follow), followMost)
	}
	seen := map[string]bool{}
	for _, name := range s.Follow {
		whole, err := filepath.Abs(name)
		if err != nil || name == "" || len(name) > 256 {
			bad("--follow %.300q: want the name of a file, of at most 256 bytes", name)
			continue
		}
		if seen[whole] || slices.Contains(c.Inputs, name) {
			bad("--follow %s: the file is given twice", name)
		}
		seen[whole] = true
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			bad("--follow %s: not a regular file", name)
		}
	}
	if n := s.limit(); n < source.SpoolMin || n > math.MaxInt64/2 {
		bad("--spool-max %d: want %d or more bytes", n, source.SpoolMin)
	}
	if s.SpoolMemory && len(s.Follow) > 0 {
		bad("--spool-memory and --follow: a followed file needs its spool on disk")
	}
	for _, addr := range []string{s.SyslogUDP, s.SyslogTCP} {
		if _, _, err := net.SplitHostPort(addr); addr != "" && err != nil {
			bad("syslog address %q: want HOST:PORT", addr)
		}
	}
	if s.SyslogIdle != 0 && (s.SyslogIdle < time.Second || s.SyslogIdle > 240*time.Hour) {
		bad("syslog_idle %v: want 1s to 240h, or 0 (the default)", s.SyslogIdle)
	}
	n := 0
	for _, name := range c.Inputs {
		if name == "-" {
			n++
		}
	}
	switch {
	case n > 1:
		bad("--input -: standard input is given twice")
	case n > 0 && c.Lifeline:
		bad("--input - and lifeline: standard input cannot be both")
	}
	return errors.Join(errs...)
}

// validEmitter is what is wrong with the emitter's configuration; where its sources are
// the inputs, one stands for them until they are open.
func (c *config) validEmitter() error {
	e := c.Emitter
	if c.anySource() {
		e.Inputs = append(slices.Clone(e.Inputs), emitter.Input{Name: "-", Open: opener("-")})
	}
	return e.Validate()
}

// openSources opens the sources and makes them the emitter's inputs.
func (s *service) openSources() error {
	c := &s.cfg.Sources
	o := source.Options{Limit: c.limit(), Log: s.log}
	if !c.SpoolMemory {
		o.Dir = filepath.Join(s.cfg.Data, "spool")
	}
	var all []*source.Source
	var errs []error
	add := func(src *source.Source, err error) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		all = append(all, src)
	}
	for _, name := range c.Follow {
		add(source.Follow(name, o))
	}
	if slices.Contains(s.cfg.Inputs, "-") {
		add(source.Stream("-", c.stdin, o))
	}
	if c.SyslogUDP != "" {
		add(source.SyslogUDP(orLoopback(c.SyslogUDP), o))
	}
	if c.SyslogTCP != "" {
		idle := c.SyslogIdle
		if idle == 0 {
			idle = source.IdleDefault
		}
		add(source.SyslogTCP(orLoopback(c.SyslogTCP), s.cfg.Security.Limits.Limits, idle, o))
	}
	if err := errors.Join(errs...); err != nil {
		for _, src := range all {
			src.Close()
		}
		return err
	}
	for _, src := range all {
		s.cfg.Emitter.Inputs = append(s.cfg.Emitter.Inputs, s.inputOf(src))
	}
	if len(all) > 0 {
		s.sources = source.Run(all)
	}
	return nil
}

// orLoopback is an address with the loopback's host if it has none.
func orLoopback(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && host == "" {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

// inputOf is a source as the emitter reads it.
func (s *service) inputOf(src *source.Source) emitter.Input {
	in := emitter.Input{Name: src.Name, Key: src.Key, Grows: true, Records: src.Records, Forgets: src.Forgets, Release: src.Store.Release}
	told := "" // of the emitter's actor, as all of this
	tell := func(err error) error {
		if text := err.Error(); text != told {
			told = text
			s.log.Error("the spool cannot be read; trying again", "source", src.Name, "err", err)
		}
		return err
	}
	in.Open = func(offset int64) (io.ReadCloser, error) {
		r, err := src.Store.Open(offset)
		if err != nil {
			return nil, tell(err)
		}
		return later{r, tell}, nil
	}
	in.Had = func() int64 { return src.Had }
	if src.Name == "syslog-udp" {
		in.Dropped = src.Dropped
	}
	return in
}

// later says in the emitter's words that there is nothing for now, and tells what is wrong.
type later struct {
	io.ReadCloser
	tell func(error) error
}

func (l later) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	switch {
	case errors.Is(err, source.ErrLater):
		err = emitter.ErrLater
	case err != nil && !errors.Is(err, io.EOF):
		err = l.tell(err)
	}
	return n, err
}

// stop asks the node to end in order: nothing more is taken in, then what was read is
// seen through. What waits in spools on disk is sent after the next start.
func (s *service) stop() {
	if s.sources == nil {
		s.node.Stop()
		return
	}
	go func() { // a second signal must be heard
		s.sources.Stop()
		s.node.Stop()
	}()
}

// measured is a node with its sources.
type measured struct {
	*driver.Node
	sources *source.Group
}

// Samples implements metrics.Source.
func (m measured) Samples(ctx context.Context) ([]node.Sample, int) {
	all, late := m.Node.Samples(ctx)
	if m.sources != nil {
		all = m.sources.Samples(all)
	}
	return all, late
}
