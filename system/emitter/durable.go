package emitter

import (
	"time"

	"weir/system/node"
)

// Waits before a failed disk operation is tried again.
const (
	diskRetryMin = 20 * time.Millisecond
	diskRetryMax = time.Second
)

// What a journal does.
const (
	journalLoad   = iota // read what earlier incarnations left
	journalClear         // rewrite: remove what an earlier try left
	journalWrite         // rewrite: write the digest under a temporary name
	journalRename        // rewrite: put it in the journal's place
	journalAppend        // add notes to it
)

// journal keeps notes durable: one disk operation at a time, notes gathered
// meanwhile for the next append. What a note says takes effect when it is durable.
type journal struct {
	ready bool   // it was loaded and rewritten
	next  uint64 // first sequence that earlier incarnations did not use
	do    int
	token node.Token    // of the operation that runs, 0 if none does
	due   time.Duration // when a failed operation is tried again, 0 if none failed
	wait  time.Duration
	data  []byte // what the operation writes
	notes []note // what becomes durable with it
	added []note // for the next append
	size  int    // of the file in bytes
	least int    // its size after the last rewrite
}

// idle reports whether everything noted is durable.
func (j *journal) idle() bool { return len(j.notes) == 0 && len(j.added) == 0 }

func (j *journal) add(n note) { j.added = append(j.added, n) }

func (j *journal) load(env node.Env) {
	j.do = journalLoad
	j.issue(env)
}

// issue asks for the disk operation that is to be done.
func (j *journal) issue(env node.Env) {
	assert(j.token == 0, "the journal does one thing at a time")
	j.due = 0
	disk := env.Disk()
	switch j.do {
	case journalLoad:
		j.token = disk.Read(fileJournal)
	case journalClear:
		j.token = disk.Remove(fileTemp)
	case journalWrite:
		j.token = disk.Append(fileTemp, j.data, true)
	case journalRename:
		j.token = disk.Rename(fileTemp, fileJournal)
	case journalAppend:
		j.token = disk.Append(fileJournal, j.data, true)
	}
}

// write begins what there is to do, if nothing runs.
func (j *journal) write(env node.Env, e *emitter) {
	if j.due != 0 {
		if j.due <= env.Now() {
			j.issue(env)
		}
		return
	}
	if j.token != 0 || !j.ready {
		return
	}
	if j.size >= max(e.cfg.JournalBytes, 2*j.least) {
		// The notes not yet written are part of what the digest is made from, but
		// take effect only once they are durable: they go first.
		if len(j.added) == 0 {
			j.rewrite(env, e)
			return
		}
	}
	if len(j.added) == 0 {
		return
	}
	j.notes, j.added = j.added, j.notes[:0]
	j.data = j.data[:0]
	for _, n := range j.notes {
		j.data = appendNote(j.data, n)
	}
	j.data = append(j.data, j.data...)
	j.do = journalAppend
	j.issue(env)
}

// rewrite replaces the journal by its digest.
func (j *journal) rewrite(env node.Env, e *emitter) {
	assert(len(j.notes) == 0 && j.token == 0, "a journal is rewritten when nothing runs")
	j.data = e.in.digest(e)
	j.data = append(j.data, j.data...)
	j.do = journalClear
	j.issue(env)
}

// done handles a completion.
func (j *journal) done(env node.Env, e *emitter, ev *node.Event) {
	if j.token == 0 || ev.Token != j.token {
		return
	}
	j.token = 0
	if ev.Err != nil {
		if j.do == journalWrite || j.do == journalRename {
			j.do = journalClear // a part may have been written
		}
		j.wait = min(max(2*j.wait, diskRetryMin), diskRetryMax)
		j.due = env.Now() + j.wait
		return
	}
	j.wait = 0
	switch j.do {
	case journalLoad:
		e.in.loaded(env, e, ev.Data)
		j.rewrite(env, e)
	case journalClear, journalWrite:
		j.do++
		j.issue(env)
	case journalRename:
		j.size, j.least, j.ready = len(j.data), len(j.data), true
	case journalAppend:
		j.size += len(j.data)
		j.effect(env, e)
	}
}

// effect carries out what became durable.
func (j *journal) effect(env node.Env, e *emitter) {
	for _, n := range j.notes {
		h := e.book.find(n.seq)
		switch {
		case n.kind == noteCut:
			assert(h != nil && h.state == cutting, "a packet waits for its cut")
			h.state = live
			e.emit(env, n.seq, h)
		case n.kind == noteDone && h != nil:
			assert(h.state == decided, "a packet waits for its outcome to be durable")
			e.conclude(env, n.seq, h.packet.ID, h.out)
		}
	}
	j.notes = j.notes[:0]
}
