package distributor

import (
	"time"

	"weir/system/node"
)

// The files that the table is kept in: by itself, or as a cluster shares it. Each is
// written under a temporary name first.
const (
	tableFile   = "config"
	clusterFile = "cluster"
	tempSuffix  = ".new"
)

// loadTries is how often the table is read before the boot configuration is
// taken instead; loadWait is the first wait, which doubles up to loadWaitMax.
const (
	loadTries   = 10
	loadWait    = 50 * time.Millisecond
	loadWaitMax = 5 * time.Second
)

// tableStore keeps the table on disk: written and synced under another name,
// then put in place of the old one, so that a crash leaves one or the other.
type tableStore struct {
	file   string
	token  node.Token // of the operation that is awaited
	tries  int        // reads that failed
	retry  alarm
	saving *saving // nil: nothing is being saved
}

// saving is a table on its way to disk.
type saving struct {
	table *table
	data  []byte // the file's content
	reply node.ReplyTo
	stage saveStage
}

// saveStage is the operation that a saving waits for.
type saveStage uint8

const (
	removing  saveStage = iota // of what a crash may have left behind
	appending                  // the new table
	renaming                   // into place
)

func (st *tableStore) read(env node.Env) { st.token = env.Disk().Read(st.file) }

// loaded takes the result of a read; again is true if it will be repeated.
func (st *tableStore) loaded(env node.Env, ev *node.Event) (data []byte, again bool) {
	st.token = 0
	if ev.Err == nil {
		return ev.Data, false
	}
	st.tries++
	if st.tries >= loadTries {
		return nil, false
	}
	wait := min(loadWait<<(st.tries-1), loadWaitMax)
	st.retry.by(env, env.Now()+wait)
	return nil, true
}

// save begins to save a table, in the form that data is.
func (st *tableStore) save(env node.Env, t *table, data []byte, to node.ReplyTo) {
	assert(st.saving == nil && st.token == 0, "two tables are saved at once")
	st.saving = &saving{table: t, data: data, reply: to}
	st.token = env.Disk().Remove(st.file + tempSuffix)
}

// step goes on after an operation and reports whether the saving ended, in
// success or with the error.
func (st *tableStore) step(env node.Env, err error) (done bool) {
	assert(st.saving != nil, "no table is being saved")
	if err == nil {
		switch st.saving.stage {
		case removing:
			st.saving.stage = appending
			st.token = env.Disk().Append(st.file+tempSuffix, st.saving.data, true)
			return false
		case appending:
			st.saving.stage = renaming
			st.token = env.Disk().Rename(st.file+tempSuffix, st.file)
			return false
		}
	}
	st.saving, st.token = nil, 0
	return true
}
