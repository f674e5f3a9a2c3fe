package faults

// Active is the list of fault states in force: what was begun by flat acts and not ended yet. It knows nothing of
// a world; the world's own package tells it what happened and asks it what a heal must end. The zero value is
// ready. Memory grows with the number of states in force, not with the number of acts.
type Active struct {
	index map[state]int // place in items of each live state; looked up only, never ranged over
	items []activeItem  // in the order of beginning, with gaps where states ended
	live  int
}

// state names one state: on links one for each class, because each can be cut and healed by itself.
type state struct {
	begun       Verb
	node, actor string
	from, to    string
	class       Class
}

type activeItem struct {
	state state
	args  Args
	live  bool
}

// Begin notes that act took effect. It returns the act narrowed to what is new (on links: the classes that were
// not yet in that state, or with other arguments) and whether anything is. Acts that have no end are always new
// and are not noted.
func (s *Active) Begin(act Act) (Act, bool) {
	if byVerb[act.Do].EndedBy == "" {
		return act, true
	}
	return s.narrow(act, func(st state) bool { return s.set(st, act.Args) })
}

// End notes that act, an ending one, took effect. It returns the act narrowed to what was in force and whether
// anything was. What it ends is every state on its target that the vocabulary says it ends.
func (s *Active) End(act Act) (Act, bool) {
	return s.narrow(act, func(st state) bool {
		ended := false
		for _, info := range vocabulary {
			if info.EndedBy == act.Do {
				st.begun = info.Verb
				ended = s.drop(st) || ended
			}
		}
		return ended
	})
}

// narrow applies change to each state of the act and keeps the classes for which it says true.
func (s *Active) narrow(act Act, change func(state) bool) (Act, bool) {
	st := state{begun: act.Do, node: act.Node, actor: act.Actor, from: act.From, to: act.To}
	if !act.IsLink() {
		return act, change(st)
	}
	assert(act.Classes != 0 && act.Classes <= AllClasses, "%s on no class", act.Do)
	var kept ClassSet
	for c := Class(0); c < NClasses; c++ {
		if st.class = c; act.Classes.Has(c) && change(st) {
			kept |= 1 << c
		}
	}
	act.Classes = kept
	return act, kept != 0
}

// Is says whether the state that act begins is in force on its target, with any arguments; on links, in every
// class of the act.
func (s *Active) Is(act Act) bool {
	all := true
	_, _ = s.narrow(act, func(st state) bool {
		_, ok := s.index[st]
		all = all && ok
		return ok
	})
	return all
}

// Forget drops every state of a node that its crash ends without a word, for the verbs given.
func (s *Active) Forget(node string, verbs ...Verb) {
	for i := range s.items {
		item := &s.items[i]
		if !item.live || item.state.node != node {
			continue
		}
		for _, v := range verbs {
			if item.state.begun == v {
				s.drop(item.state)
				break
			}
		}
	}
	s.compact()
}

// Endings lists the acts that end everything in force, in the order in which it began, one for each target. Links
// come with all classes at once, nodes with one restart even if they were both stopped and crashed.
func (s *Active) Endings() []Act {
	var list []Act
	seen := make(map[state]int) // looked up only
	for _, item := range s.items {
		if !item.live {
			continue
		}
		st := item.state
		end := Act{Do: byVerb[st.begun].EndedBy, Node: st.node, Actor: st.actor, From: st.from, To: st.to}
		key := state{begun: end.Do, node: st.node, actor: st.actor, from: st.from, to: st.to}
		at, ok := seen[key]
		if !ok {
			at = len(list)
			seen[key] = at
			list = append(list, end)
		}
		if end.IsLink() {
			list[at].Classes |= 1 << st.class
		}
	}
	return list
}

// Len is the number of states in force; a link counts once for each class.
func (s *Active) Len() int { return s.live }

// set notes a state and says whether it is new or has other arguments than before.
func (s *Active) set(st state, args Args) bool {
	if i, ok := s.index[st]; ok {
		changed := s.items[i].args != args
		s.items[i].args = args
		return changed
	}
	if s.index == nil {
		s.index = make(map[state]int)
	}
	s.index[st] = len(s.items)
	s.items = append(s.items, activeItem{st, args, true})
	s.live++
	return true
}

func (s *Active) drop(st state) bool {
	i, ok := s.index[st]
	if !ok {
		return false
	}
	assert(s.items[i].live && s.items[i].state == st, "the index of fault states is wrong at %d", i)
	s.items[i].live = false
	delete(s.index, st)
	s.live--
	if len(s.items) > 2*s.live+64 {
		s.compact()
	}
	return true
}

// compact closes the gaps and keeps the order.
func (s *Active) compact() {
	kept := s.items[:0]
	for _, item := range s.items {
		if item.live {
			s.index[item.state] = len(kept)
			kept = append(kept, item)
		}
	}
	clear(s.items[len(kept):])
	s.items = kept
	assert(len(kept) == s.live && len(s.index) == s.live, "%d states kept, %d live, %d indexed", len(kept), s.live, len(s.index))
}
