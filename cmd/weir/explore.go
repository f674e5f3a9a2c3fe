package main

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"weir/scenarios"
	"weir/scenarios/swarm"
	"weir/scenarios/sweep"
	"weir/sim"
)

// exploration is a sweep: runs of many seeds, each in a world of its own, of which only
// what they found is kept.
type exploration struct {
	app      *app
	flags    *sweepFlags
	fixed    []named // the scenarios; empty: random worlds
	seeds    seedRange
	shard    shard
	report   *sweep.Report
	progress *progress
	started  time.Time
	enough   bool        // the failures are as many as wanted
	partial  atomic.Bool // not all orders were played
}

// cell is one run to make.
type cell struct {
	index uint64
	named
	run sweep.Run
	err error // the world could not be made
}

// found is what one cell found, with its place in the order.
type found struct {
	index        uint64
	sweep.Report      // of its run, or with --orders its runs
	cut          bool // an interrupt ended it
}

// explore makes the runs on so many goroutines, which share nothing, and adds them to
// the report in their order, so that the result does not depend on who was faster.
func (x *exploration) explore() {
	stop := make(chan struct{})
	cells := x.deal(stop)
	results := make(chan found)
	var workers sync.WaitGroup
	for range x.flags.jobs {
		workers.Go(func() {
			for c := range cells {
				results <- x.one(c)
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()
	x.collect(results, func() { close(stop) })
}

// deal gives out the runs until all are, time is over, or stop or an interrupt comes.
func (x *exploration) deal(stop <-chan struct{}) <-chan cell {
	cells := make(chan cell)
	var over <-chan time.Time
	if x.flags.length > 0 {
		over = time.After(x.flags.length)
	}
	go func() {
		defer close(cells)
		index := uint64(0)
		for i := uint64(0); i < x.seeds.count(); i++ {
			seed := x.seeds.first + i
			if !x.shard.has(i) {
				continue
			}
			for _, n := range x.scenarios() {
				select { // what ends the sweep goes before the next run
				case <-stop:
					return
				case <-over:
					return
				case <-x.app.ctx.Done():
					return
				default:
				}
				select {
				case cells <- x.cell(index, seed, n):
				case <-stop:
					return
				case <-x.app.ctx.Done():
					return
				}
				index++
			}
		}
	}()
	return cells
}

// scenarios are those that each seed runs.
func (x *exploration) scenarios() []named {
	if len(x.fixed) == 0 {
		return []named{{}} // the seed's own world
	}
	return x.fixed
}

func (x *exploration) cell(index, seed uint64, n named) cell {
	c := cell{index: index, named: n, run: sweep.Run{Scenario: n.arg, Set: x.flags.set, Seed: seed}}
	if n.sc == nil {
		opt := swarm.Options{Unlimited: x.flags.unlimited}
		c.run.Scenario = swarm.Arg(seed, opt)
	}
	return c
}

// one makes and judges the run of a cell, or with --orders its runs.
func (x *exploration) one(c cell) (f found) {
	x.progress.begin()
	f.index = c.index
	defer func() {
		if p := recover(); p != nil {
			f.Add(sweep.Broken(c.run, nil, fmt.Sprintf("%v\n%s", p, debug.Stack())))
		}
		x.progress.finished(f.Failed > 0)
	}()
	if c.sc == nil {
		if c.sc, c.err = resolve(c.run.Scenario, x.flags.set); c.err != nil {
			f.Add(sweep.Broken(c.run, c.err, ""))
			return f
		}
	}
	opt := scenarios.Options{
		Seed: c.run.Seed, Check: true, Build: x.report.Build, Progress: x.progress.follow(),
		Interrupted: func() bool { return x.app.ctx.Err() != nil },
	}
	if x.flags.orders > 0 {
		x.orders(c, opt, &f)
		return f
	}
	res, err := x.app.run(c.sc, opt)
	x.add(&f, c.run, c.sc, res, err)
	return f
}

// add adds the result of one run.
func (x *exploration) add(f *found, run sweep.Run, sc *scenarios.Scenario, res *scenarios.Result, err error) {
	if err != nil {
		f.Add(sweep.Broken(run, err, ""))
		return
	}
	f.cut = res.Stop == scenarios.StopInterrupted
	if !f.cut {
		f.Add(sweep.OutcomeOf(run, sc, res))
	}
}

// orders makes the runs of a cell in every order within the bound.
func (x *exploration) orders(c cell, opt scenarios.Options, f *found) {
	limit := sim.Exploration{Deviations: x.flags.orders, RunsMax: x.flags.ordersMax}
	all := scenarios.Explore(c.sc, opt, limit, func(sc *scenarios.Scenario, res *scenarios.Result, err error) bool {
		run := c.run
		run.Set = append(slices.Clone(c.run.Set), "schedule.kind=order", "schedule.deviations="+sc.Schedule.Deviations)
		x.add(f, run, sc, res, err)
		return !f.cut
	})
	if !all && !f.cut {
		x.partial.Store(true)
	}
}

// collect adds the results in the order of runs. At the wanted number of failures it
// calls enough, once, and leaves out what comes after the run that reached it.
func (x *exploration) collect(results <-chan found, enough func()) {
	waiting := map[uint64]found{}
	next := uint64(0)
	for r := range results {
		waiting[r.index] = r
		for f, ok := waiting[next]; ok; f, ok = waiting[next] {
			delete(waiting, next)
			next++
			if x.enough {
				continue
			}
			x.report.Merge(&f.Report)
			if k := x.flags.maxFailures; k > 0 && x.report.Failed >= int64(k) {
				x.enough = true
				enough()
			}
		}
	}
}
