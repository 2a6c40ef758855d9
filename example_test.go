package palmal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/palmal-rl/palmal"
)

// A run of half a second; a real one leaves Set alone.
func ExampleTrain() {
	folder, err := os.MkdirTemp("", "palmal")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	run, err := palmal.Train(context.Background(), newSlider, palmal.Options{Out: filepath.Join(folder, "run"), Samples: 400, Set: small()})
	if err != nil {
		panic(err)
	}
	records, err := run.Records()
	if err != nil {
		panic(err)
	}
	fmt.Println(len(records), "iterations")
	// Output: 2 iterations
}

// Continues a run to more samples than it was to have, draws its learning curve, and acts.
func ExampleResume() {
	folder, err := os.MkdirTemp("", "palmal")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "run")
	if _, err := palmal.Train(context.Background(), newSlider, palmal.Options{Out: path, Samples: 300, Set: small()}); err != nil {
		panic(err)
	}
	run, err := palmal.Resume(context.Background(), path, newSlider, palmal.Options{Samples: 400})
	if err != nil {
		panic(err)
	}
	if err := palmal.Plot(filepath.Join(folder, "curve.svg"), run); err != nil {
		panic(err)
	}
	policy, err := palmal.Load(path)
	if err != nil {
		panic(err)
	}
	action := make([]float32, 1)
	if err := policy.Act([]float32{0.5, 0}, action); err != nil {
		panic(err)
	}
	fmt.Println(policy.Size())
	// Output: 2 1
}
