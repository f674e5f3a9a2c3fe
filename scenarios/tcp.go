//go:build unix

package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"weir/faults"
	"weir/faults/tcpfault"
	"weir/logcheck"
)

// Times of a run of real processes.
const (
	// clockErrorTCP is how far times of one host may differ: between taking one and
	// the event that it stands for, on a machine that has other things to do.
	clockErrorTCP = 100 * time.Millisecond
	// slackTCP is what the host's own delays add to a detector's bounds.
	slackTCP = 500 * time.Millisecond
	// startMax bounds the start of all nodes.
	startMax = 15 * time.Second
	// look is how long passes between two looks at the logs.
	look = 20 * time.Millisecond
)

// runTCP plays a scenario with real processes on this machine, and has their logs
// judged. Unlike in the simulation, the seed fixes the nodes' random streams and the
// faults' draws only: two runs are not the same.
func runTCP(sc *Scenario, opt Options) (*Result, error) {
	dir, err := os.MkdirTemp("", "weir-tcp-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	c := &cluster{sc: sc, opt: opt, dir: dir, epoch: time.Now(), nodes: map[string]*realNode{}, follow: follower{dir: filepath.Join(dir, "logs")}}
	defer c.givePortsBack()
	defer c.kill()
	if opt.TCP.Live != nil {
		c.live = newLiveBook(sc)
	}
	if err := c.build(); err != nil {
		return nil, err
	}
	if err := c.play(); err != nil {
		return nil, err
	}
	return c.result()
}

// play starts all nodes, lets the phases pass and stops the nodes in order.
func (c *cluster) play() error {
	p := c.sc.Phases
	c.injector.Phase("warmup")
	if err := c.start(); err != nil {
		return err
	}
	c.injector.Start()
	if c.opt.TCP.Live != nil {
		return c.playLive()
	}
	loadEnd := max(p.LoadEnd(), c.sc.ProduceFor())
	if !c.wait(p.Warmup, nil) {
		return nil
	}
	c.injector.Phase("faults")
	if !c.wait(p.FaultsEnd(), nil) {
		return nil
	}
	c.injector.Phase("heal")
	if err := c.injector.HealAll(); err != nil {
		return fmt.Errorf("heal: %w", err)
	}
	if !c.wait(loadEnd, nil) {
		return nil
	}
	c.injector.Phase("settle")
	if !c.wait(loadEnd+p.Settle, c.drained) {
		return nil
	}
	if !c.drained() {
		c.stop = StopHalted
	}
	if !c.wait(c.now()+tail, nil) {
		return nil
	}
	c.endAll()
	if c.stop == "" {
		c.stop = StopSettled
	}
	return nil
}

// drained reports whether the emitters have sent all that they ever will.
func (c *cluster) drained() bool {
	if g := c.opt.TCP.Follow; g != nil {
		lines := g.Lines()
		return lines >= 0 && c.follow.sent >= lines
	}
	return c.follow.drained() >= c.sc.Emitters.Count && !c.follow.held()
}

// playLive goes on until it is interrupted, then ends everything in order.
func (c *cluster) playLive() error {
	c.wait(upMax, nil)
	c.injector.Phase("heal")
	if err := c.injector.HealAll(); err != nil {
		return fmt.Errorf("heal: %w", err)
	}
	c.endAll()
	c.stop = StopSettled
	return nil
}

// upMax bounds a live run.
const upMax = 365 * 24 * time.Hour

// endAll takes the nodes' metrics and stops all in order.
func (c *cluster) endAll() {
	c.scrape()
	c.injector.Phase("end")
	for _, role := range []Role{RoleEmitter, RoleDistributor, RoleAnalyser, RoleOperator} {
		c.stopAll(role)
	}
}

func (c *cluster) now() time.Duration { return time.Since(c.epoch) }

// wait lets time pass until done says so, or the time is reached; meanwhile it
// follows the logs. It returns false if the run was interrupted.
func (c *cluster) wait(until time.Duration, done func() bool) bool {
	for c.now() < until && (done == nil || !done()) {
		time.Sleep(min(look, until-c.now()))
		c.follow.poll(c.record)
		if c.opt.Progress != nil {
			c.opt.Progress(c.follow.lines, c.now())
		}
		if c.live != nil {
			c.opt.TCP.Live(c.live.now(c.now()))
		}
		if c.opt.Interrupted != nil && c.opt.Interrupted() {
			c.stop = StopInterrupted
			return false
		}
	}
	return true
}

// record feeds a line of a node's log to the plan's triggers.
func (c *cluster) record(node, kind string, line []byte) {
	if c.live != nil {
		c.live.record(node, kind, line)
	}
	if !c.injector.Armed() {
		return
	}
	at, err := parseInt(fieldOf(line, "t"))
	if err != nil {
		return // the judge will say so
	}
	c.injector.OnRecord(time.Duration(at), node, fieldOf(line, "a"), kind, func(key string) string { return fieldOf(line, key) })
}

// result gathers the files and has them judged.
func (c *cluster) result() (*Result, error) {
	c.injector.Stopped(c.stop)
	c.injector.Close()
	c.kill()
	head := c.sc.header(c.opt)
	head.World, head.ClockError = WorldTCP, clockErrorTCP
	head.Analyser.SharedStore = c.opt.TCP.sharedStore()
	head.Distributor.Detector.DetectMax += slackTCP
	head.Distributor.Detector.RecoverMax += slackTCP
	res := &Result{Scenario: c.sc.Name, Seed: c.opt.Seed, Stop: c.stop, Virtual: c.now(), Faults: c.faults.Bytes(), Notes: c.notes()}
	var err error
	if res.Header, err = json.MarshalIndent(head, "", "  "); err != nil {
		return nil, fmt.Errorf("run.json: %w", err)
	}
	if res.Logs, err = readLogs(c.follow.dir); err != nil {
		return nil, err
	}
	res.Metrics = c.metrics
	for _, f := range res.Logs {
		res.Records += uint64(bytes.Count(f.Data.Bytes(), []byte("\n")))
	}
	if c.opt.Check {
		res.Report = &logcheck.Report{}
		res.Verdict, err = logcheck.Check(res.source(), head, logcheck.Options{Report: res.Report, Custom: c.opt.Rules})
	}
	return res, err
}

// readLogs reads the nodes' logs, in name order.
func readLogs(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	var all []File
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("logs: %w", err)
		}
		all = append(all, File{Name: "logs/" + e.Name(), Data: Text{b}})
	}
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// notes says what the plan or the scenario asked for and real processes cannot do.
func (c *cluster) notes() []string {
	var notes []string
	for _, err := range c.injector.NotApplicable() {
		notes = append(notes, "not applicable: "+err.Error())
	}
	for _, s := range c.injector.Skipped() {
		if !errors.Is(faults.Applicable(s.Action, faults.TCP), faults.ErrNotApplicable) {
			notes = append(notes, fmt.Sprintf("skipped at %v: %s: %s", s.At, s.Action, s.Reason))
		}
	}
	for _, field := range simulated(c.sc) {
		notes = append(notes, "not applicable: "+field+" describes the simulation; in world tcp it is the machine's")
	}
	if lag := c.injector.Lag(); lag > 0 {
		notes = append(notes, fmt.Sprintf("state triggers fired at most %v after the records that they waited for", lag.Round(time.Millisecond)))
	}
	return append(notes, c.ended...)
}

// data is the folder of a node's durable files.
func (c *cluster) data(node string) string { return filepath.Join(c.dir, "data", node) }

// tcpNodes are the plan's nodes with their processes.
func (c *cluster) tcpNodes() []tcpfault.Node {
	var all []tcpfault.Node
	for _, t := range c.sc.Topology().Nodes {
		all = append(all, tcpfault.Node{Name: t.Name, Actors: t.Actors, Process: c.nodes[t.Name].process, Dir: c.data(t.Name)})
	}
	return all
}

// simulated are the fields of a scenario that are not the default and say what a simulated
// world is like.
func simulated(s *Scenario) (fields []string) {
	d := Default()
	for _, m := range []struct {
		name string
		same bool
	}{
		{"links", s.Links == d.Links},
		{"schedule", s.Schedule == d.Schedule},
		{"analyser.cores", s.Analyser.Cores == d.Analyser.Cores},
		{"analyser.service", s.Analyser.Service == d.Analyser.Service},
		{"analyser.disk", s.Analyser.Disk == d.Analyser.Disk},
		{"distributors.cores", s.Distributors.Cores == d.Distributors.Cores},
		{"distributors.service", s.Distributors.Service == d.Distributors.Service},
	} {
		if !m.same {
			fields = append(fields, m.name)
		}
	}
	return fields
}
