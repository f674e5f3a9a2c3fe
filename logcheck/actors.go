package logcheck

// actorTable gives every actor of every incarnation a small number.
type actorTable struct {
	byFile []map[Sym]int
	list   []actorState
	file   int // of the last one looked up
	actor  Sym
	last   int
}

// actorState is what the engine knows of one actor of one incarnation.
type actorState struct {
	file  *File
	actor Sym
	seq   uint64 // the newest sequence number
	stop  place  // its `stop`
}

func newActorTable(files []*File) *actorTable {
	t := &actorTable{byFile: make([]map[Sym]int, len(files)), file: -1}
	for i := range t.byFile {
		t.byFile[i] = map[Sym]int{}
	}
	return t
}

// count is how many actors are known.
func (t *actorTable) count() int { return len(t.list) }

// who returns the number of an actor, a new one on first use.
func (t *actorTable) who(f *File, actor Sym) int {
	if t.file == f.Index && t.actor == actor {
		return t.last
	}
	m := t.byFile[f.Index]
	w, ok := m[actor]
	if !ok {
		w = len(t.list)
		m[actor] = w
		t.list = append(t.list, actorState{file: f, actor: actor})
	}
	t.file, t.actor, t.last = f.Index, actor, w
	return w
}
