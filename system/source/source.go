package source

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"weir/system/node"
	"weir/system/transport/netlimit"
)

// Source is where lines come from, with the store that they go through.
type Source struct {
	Name string // of the input: for files the path as it was given
	// Key is what its stream is known by after a restart.
	Key     string
	Store   Store
	Records bool // its lines are messages, see lines.ParseRecord
	Forgets bool // the store ends with the process
	// Had is how many bytes its stream had when it was opened.
	Had int64

	run    func(context.Context)
	sink   *sink
	close  func()
	detach bool // its run may wait for ever for who writes
}

// Options are what all sources have in common.
type Options struct {
	// Dir is the folder under which each source has its spool. Default (empty): lines
	// wait in memory and end with the process; files cannot be followed then.
	Dir string
	// Limit is the size in bytes that the store of each source may have.
	Limit int64
	Log   *slog.Logger
}

// open gives a source its store in a folder of that name.
func (o *Options) open(name, folder string) (*Source, *Spool, error) {
	src := &Source{Name: name}
	src.close = func() {}
	var spool *Spool
	if o.Dir == "" {
		src.Store, src.Forgets = NewBuffer(o.Limit), true
		src.Key = "memory:" + folder
	} else {
		var err error
		if spool, err = OpenSpool(filepath.Join(o.Dir, folder), o.Limit); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		src.Store, src.Key, src.Had = spool, "spool:"+spool.ID(), spool.end
		src.close = func() { spool.Close() }
	}
	src.sink = &sink{store: src.Store, log: o.Log.With("source", name)}
	return src, spool, nil
}

// Follow is the file at a path, as it grows and is rotated.
func Follow(path string, o Options) (*Source, error) {
	if o.Dir == "" {
		return nil, fmt.Errorf("%s: a followed file needs a spool on disk", path)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	src, spool, err := o.open(path, folderOf(whole))
	if err != nil {
		return nil, err
	}
	f, err := newFollower(whole, spool, src.sink)
	if err != nil {
		src.close()
		return nil, err
	}
	src.run = f.run
	return src, nil
}

// folderOf names the spool of a file: the name, as far as it may be one, and a hash of
// the path.
func folderOf(path string) string {
	h := fnv.New64a()
	h.Write([]byte(path))
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && node.ValidName(string(r)) {
			return r
		}
		return '_'
	}, filepath.Base(path))
	return fmt.Sprintf("%.40s-%016x", name, h.Sum64())
}

// Stream is a stream that is read once, to its end.
func Stream(name string, in io.Reader, o Options) (*Source, error) {
	src, spool, err := o.open(name, "stdin")
	if err != nil {
		return nil, err
	}
	p := &pipe{sink: src.sink, in: in}
	p.part = spool != nil && string(spool.Position()) == "\x01"
	src.run, src.detach = p.run, true
	return src, nil
}

// SyslogUDP listens for syslog datagrams.
func SyslogUDP(addr string, o Options) (*Source, error) {
	src, _, err := o.open("syslog-udp", "syslog-udp")
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenPacket("udp", addr)
	if err != nil {
		src.close()
		return nil, fmt.Errorf("syslog: %w", err)
	}
	src.Records, src.run = true, newReceiver(conn, src.sink).run
	src.also(func() { conn.Close() })
	return src, nil
}

// SyslogTCP listens for syslog connections within limits, each of which ends when it
// sends nothing for idle.
func SyslogTCP(addr string, limits netlimit.Limits, idle time.Duration, o Options) (*Source, error) {
	src, _, err := o.open("syslog-tcp", "syslog-tcp")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		src.close()
		return nil, fmt.Errorf("syslog: %w", err)
	}
	src.Records, src.run = true, newServer(l, limits, idle, src.sink).run
	src.also(func() { l.Close() })
	return src, nil
}

// also closes something else before the store.
func (s *Source) also(closes func()) {
	rest := s.close
	s.close = func() { closes(); rest() }
}

// Group runs sources together.
type Group struct {
	sources []*Source
	cancel  context.CancelFunc
	running sync.WaitGroup
	stopped sync.Once
}

// Run starts sources.
func Run(sources []*Source) *Group {
	ctx, cancel := context.WithCancel(context.Background())
	g := &Group{sources: sources, cancel: cancel}
	for _, s := range sources {
		if s.detach {
			go s.run(ctx)
			continue
		}
		g.running.Add(1)
		go func() {
			defer g.running.Done()
			s.run(ctx)
		}()
	}
	return g
}

// Stop ends the taking in, waits for what was taken to be in the stores, and finishes
// those. Further calls do nothing.
func (g *Group) Stop() {
	g.stopped.Do(func() {
		g.cancel()
		g.running.Wait()
		for _, s := range g.sources {
			s.Store.Finish()
		}
	})
}

// Close stops and closes the stores; nobody reads them any more.
func (g *Group) Close() {
	g.Stop()
	for _, s := range g.sources {
		if !s.detach { // one that still waits for its writer ends with the process
			s.close()
		}
	}
}

// Close gives up a source that was never run.
func (s *Source) Close() { s.close() }

// Dropped is how many datagrams found no room.
func (s *Source) Dropped() uint64 { return s.sink.counts.dropped.Load() }

// Samples appends what the sources measure, by name.
func (g *Group) Samples(all []node.Sample) []node.Sample {
	for _, s := range g.sources {
		c := &s.sink.counts
		held, waiting := s.Store.Level()
		all = append(all,
			node.Count("source_lines", s.Name, c.lines.Load()), node.Count("source_bytes", s.Name, c.bytes.Load()),
			node.Count("source_dropped", s.Name, c.dropped.Load()), node.Count("source_refused", s.Name, c.refused.Load()),
			node.Count("source_gaps", s.Name, c.gaps.Load()),
			node.Level("spool_bytes", s.Name, int(held)), node.Level("spool_waiting", s.Name, int(waiting)),
			node.Level("source_behind", s.Name, int(c.behind.Load())),
		)
	}
	return all
}
