package analyser

import (
	"weir/system/node"
	"weir/system/store"
)

// The store's files on the node's disk.
const (
	fileSnapshot = "snapshot"
	fileTemp     = "snapshot.tmp"
)

var fileLogs = [2]string{"log.0", "log.1"}

// loader reads the store's files at boot.
type loader struct {
	files  store.Files
	tokens [3]node.Token // 0: not asked for, or done
	read   [3]bool
	wait   backoff
}

func (l *loader) names() [3]string { return [3]string{fileSnapshot, fileLogs[0], fileLogs[1]} }

func (l *loader) start(env node.Env) { l.again(env) }

// again asks for every file that is not read yet.
func (l *loader) again(env node.Env) {
	for i, name := range l.names() {
		if !l.read[i] && l.tokens[i] == 0 {
			l.tokens[i] = env.Disk().Read(name)
		}
	}
}

// done handles a completion, if it is the loader's.
func (l *loader) done(env node.Env, a *analyser, ev *node.Event) bool {
	for i := range l.tokens {
		if l.tokens[i] != ev.Token || ev.Token == 0 {
			continue
		}
		l.tokens[i] = 0
		if ev.Err != nil {
			env.After(l.wait.next(&a.cfg), keyRead)
			return true
		}
		l.read[i] = true
		*[3]*[]byte{&l.files.Snapshot, &l.files.Logs[0], &l.files.Logs[1]}[i] = ev.Data
		if l.read == [3]bool{true, true, true} {
			a.recover(env, l.files)
			l.files = store.Files{} // no longer needed, and large
		}
		return true
	}
	return false
}

// recover rebuilds the store. What was found is written anew before anything is
// added to it, so that damage and torn ends never lie under sound frames.
func (a *analyser) recover(env node.Env, files store.Files) {
	assert(a.store == nil, "a node recovers once")
	a.store = store.Recover(a.limits, files)
	env.Log("recover").Uint("n", a.store.N()).Uint("lost", a.store.Lost()).
		Uint("msgs", a.store.Totals().Messages).End()
	a.tellResults(env)
	if files.Empty() {
		a.open(env)
		return
	}
	a.compact.begin(env, a, fileLogs[:])
}

// open lets the dispatches in that came too early.
func (a *analyser) open(env node.Env) {
	a.ready = true
	a.report(env)
	early := a.waiting
	a.waiting = nil
	for _, w := range early {
		a.bytes -= w.m.Packet.Bytes
	}
	for _, w := range early {
		a.dispatch(env, w)
	}
	a.issue(env)
}

// Steps of a compaction.
const (
	stepIdle   = iota
	stepClear  // remove what an earlier try left
	stepWrite  // write the snapshot under the temporary name
	stepRename // put it in the place of the old one: from here on it counts
	stepRemove // remove the logs that it covers
)

// compaction replaces logs by a snapshot, one disk operation after another. While
// it runs, commits go to the log that it does not cover.
type compaction struct {
	active int // the log that commits go to
	size   int // its length in bytes
	step   int
	data   []byte   // the snapshot
	old    []string // logs that it covers and that are not removed yet
	token  node.Token
	wait   backoff
}

// log is the file that commits go to.
func (c *compaction) log() string { return fileLogs[c.active] }

// grown counts what was appended, and begins a compaction when it is time. It is
// called when no append runs, so the snapshot covers the old log as a whole.
func (c *compaction) grown(env node.Env, a *analyser, bytes int) {
	c.size += bytes
	if c.size < a.cfg.CompactBytes || c.step != stepIdle || a.stopping {
		return
	}
	old := c.log()
	c.active, c.size = 1-c.active, 0
	c.begin(env, a, []string{old})
}

func (c *compaction) begin(env node.Env, a *analyser, old []string) {
	assert(c.step == stepIdle, "one compaction at a time")
	c.data = a.store.Snapshot(nil)
	c.old = append(c.old[:0], old...)
	c.step = stepClear
	c.next(env)
}

// next asks for the disk operation of the current step.
func (c *compaction) next(env node.Env) {
	assert(c.token == 0, "one step at a time")
	disk := env.Disk()
	switch c.step {
	case stepClear:
		c.token = disk.Remove(fileTemp)
	case stepWrite:
		c.token = disk.Append(fileTemp, c.data, true)
	case stepRename:
		c.token = disk.Rename(fileTemp, fileSnapshot)
	case stepRemove:
		c.token = disk.Remove(c.old[0])
	default:
		assert(false, "an idle compaction has no next step")
	}
}

// done handles a completion, if it is the compaction's.
func (c *compaction) done(env node.Env, a *analyser, ev *node.Event) bool {
	if c.token == 0 || ev.Token != c.token {
		return false
	}
	c.token = 0
	if ev.Err != nil {
		if c.step != stepRemove {
			c.step = stepClear // a part may have been written
		}
		env.After(c.wait.next(&a.cfg), keyCompact)
		return true
	}
	c.wait.reset()
	if c.step == stepRemove {
		c.old = c.old[1:]
	} else {
		c.step++
	}
	if c.step == stepRemove && len(c.old) == 0 {
		c.step, c.data = stepIdle, nil
		if !a.ready {
			a.open(env)
		}
		return true
	}
	c.next(env)
	return true
}
