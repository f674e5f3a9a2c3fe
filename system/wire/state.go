package wire

import (
	"fmt"

	"weir/system/message"
	"weir/system/node"
	"weir/system/wire/weirv1"
)

// The limits of a state: beyond what any distributor tells.
const (
	stateAnalysers = 4096
	stateCells     = 16384 // analysers x workers
	addressMax     = 256   // bytes
	statusMax      = 16    // bytes
)

// PackState returns the wire form.
func PackState(m *message.State) (*weirv1.StateRequest, error) {
	return &weirv1.StateRequest{After: m.After}, checkState(m)
}

// UnpackState returns what the wire form says.
func UnpackState(w *weirv1.StateRequest) (*message.State, error) {
	m := &message.State{After: w.GetAfter()}
	return m, checkState(m)
}

func checkState(m *message.State) error {
	if m.After != "" && !node.ValidName(m.After) {
		return fmt.Errorf("state request: %w", invalid("after %s is not 1 to 64 of A-Z a-z 0-9 . _ -", quote(m.After)))
	}
	return nil
}

// PackStateOK returns the wire form.
func PackStateOK(m *message.StateOK) (*weirv1.StateResponse, error) {
	if err := checkStateOK(m); err != nil {
		return nil, err
	}
	w := &weirv1.StateResponse{Version: m.Version, More: m.More, Workers: m.Workers, Silent: m.Silent, Why: m.Why}
	for i := range m.Analysers {
		a := &m.Analysers[i]
		to := &weirv1.AnalyserState{
			Id: a.ID, Address: a.Address, Weight: a.Weight, Drained: a.Drained, WantedShare: a.Wanted,
			InFlight: a.InFlight, Decided: a.Decided, Delivered: a.Delivered,
		}
		for _, ws := range a.Workers {
			to.Workers = append(to.Workers, &weirv1.WorkerState{Worker: ws.Worker, Status: ws.Status, InFlight: ws.InFlight})
		}
		w.Analysers = append(w.Analysers, to)
	}
	return w, nil
}

// UnpackStateOK returns what the wire form says.
func UnpackStateOK(w *weirv1.StateResponse) (*message.StateOK, error) {
	m := &message.StateOK{Version: w.GetVersion(), More: w.GetMore(), Workers: w.GetWorkers(), Silent: w.GetSilent(), Why: w.GetWhy()}
	for _, a := range w.GetAnalysers() {
		to := message.AnalyserState{
			ID: a.GetId(), Address: a.GetAddress(), Weight: a.GetWeight(), Drained: a.GetDrained(), Wanted: a.GetWantedShare(),
			InFlight: a.GetInFlight(), Decided: a.GetDecided(), Delivered: a.GetDelivered(),
		}
		for _, ws := range a.GetWorkers() {
			to.Workers = append(to.Workers, message.WorkerState{Worker: ws.GetWorker(), Status: ws.GetStatus(), InFlight: ws.GetInFlight()})
		}
		m.Analysers = append(m.Analysers, to)
	}
	return m, checkStateOK(m)
}

// checkStateOK returns the first thing that no distributor says.
func checkStateOK(m *message.StateOK) error {
	if err := checkText("why", m.Why, reasonMax); err != nil {
		return fmt.Errorf("state response: %w", err)
	}
	if len(m.Analysers) > stateAnalysers {
		return fmt.Errorf("state response: %w", invalid("%d analysers, at most %d are told", len(m.Analysers), stateAnalysers))
	}
	cells := 0
	for i := range m.Analysers {
		a := &m.Analysers[i]
		if cells += len(a.Workers); cells > stateCells {
			return fmt.Errorf("state response: %w", invalid("more than %d workers' words", stateCells))
		}
		if err := checkAnalyserState(a); err != nil {
			return fmt.Errorf("state response: analysers[%d]: %w", i, err)
		}
	}
	return nil
}

func checkAnalyserState(a *message.AnalyserState) error {
	if !node.ValidName(a.ID) {
		return invalid("id %s is not 1 to 64 of A-Z a-z 0-9 . _ -", quote(a.ID))
	}
	if err := checkText("address", a.Address, addressMax); err != nil {
		return err
	}
	for i := range a.Workers {
		w := &a.Workers[i]
		if !node.ValidName(w.Worker) {
			return invalid("workers[%d]: worker %s is no actor's name", i, quote(w.Worker))
		}
		if err := checkText("status", w.Status, statusMax); err != nil {
			return fmt.Errorf("workers[%d]: %w", i, err)
		}
	}
	return nil
}

// JSONState is a message.State.
type JSONState struct {
	After string `json:"after,omitempty"`
}

// JSONStateOK is a message.StateOK.
type JSONStateOK struct {
	Version   uint64              `json:"version"`
	Analysers []JSONAnalyserState `json:"analysers"`
	More      bool                `json:"more,omitempty"`
	Workers   uint32              `json:"workers"`
	Silent    uint32              `json:"silent,omitempty"`
	Why       string              `json:"why,omitempty"`
}

// JSONAnalyserState is a message.AnalyserState.
type JSONAnalyserState struct {
	ID        string            `json:"id"`
	Address   string            `json:"address,omitempty"`
	Weight    uint32            `json:"weight"`
	Drained   bool              `json:"drained"`
	Wanted    uint64            `json:"wanted_share"`
	InFlight  uint64            `json:"in_flight"`
	Decided   uint64            `json:"decided"`
	Delivered uint64            `json:"delivered"`
	Workers   []JSONWorkerState `json:"workers"`
}

// JSONWorkerState is a message.WorkerState.
type JSONWorkerState struct {
	Worker   string `json:"worker"`
	Status   string `json:"status"`
	InFlight uint64 `json:"in_flight"`
}

// PackStateJSON returns the JSON form.
func PackStateJSON(m *message.State) (JSONState, error) { return JSONState(*m), checkState(m) }

// Unpack returns what the form says.
func (w *JSONState) Unpack() (*message.State, error) {
	m := message.State(*w)
	return &m, checkState(&m)
}

// PackStateOKJSON returns the JSON form.
func PackStateOKJSON(m *message.StateOK) (JSONStateOK, error) {
	w := JSONStateOK{Version: m.Version, Analysers: []JSONAnalyserState{}, More: m.More, Workers: m.Workers, Silent: m.Silent, Why: m.Why}
	for i := range m.Analysers {
		a := &m.Analysers[i]
		workers := []JSONWorkerState{}
		for _, ws := range a.Workers {
			workers = append(workers, JSONWorkerState(ws))
		}
		w.Analysers = append(w.Analysers, JSONAnalyserState{
			ID: a.ID, Address: a.Address, Weight: a.Weight, Drained: a.Drained, Wanted: a.Wanted,
			InFlight: a.InFlight, Decided: a.Decided, Delivered: a.Delivered, Workers: workers,
		})
	}
	return w, checkStateOK(m)
}

// Unpack returns what the form says.
func (w *JSONStateOK) Unpack() (*message.StateOK, error) {
	m := &message.StateOK{Version: w.Version, More: w.More, Workers: w.Workers, Silent: w.Silent, Why: w.Why}
	for i := range w.Analysers {
		a := &w.Analysers[i]
		to := message.AnalyserState{
			ID: a.ID, Address: a.Address, Weight: a.Weight, Drained: a.Drained, Wanted: a.Wanted,
			InFlight: a.InFlight, Decided: a.Decided, Delivered: a.Delivered,
		}
		for _, ws := range a.Workers {
			to.Workers = append(to.Workers, message.WorkerState(ws))
		}
		m.Analysers = append(m.Analysers, to)
	}
	return m, checkStateOK(m)
}
