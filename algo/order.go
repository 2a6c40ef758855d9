package algo

import (
	"context"
	"fmt"
)

// move is one step of a player, or the collection of data.
type move = func(*Game, context.Context) error

// order is the order of play of an algorithm: the moves before its loop and those of its loop.
type order struct{ begin, loop []move }

// orderOf returns the order of play of an algorithm.
//
// PAL and MAL are Stackelberg games. Both repeat the same moves (collect, fit, improve, collect, ...)
// and differ in the leader, which moves a little; the follower answers with its best response. PAL takes
// few policy steps and fits the model to convergence on recent data. MAL takes many policy steps and
// fits for a few epochs on all data. GDA and BR move both players at once, each against the other's last
// iterate; GDA takes small steps, BR best responses. The presets set how far a player moves (npg.steps,
// model.epochs, buffer).
func orderOf(a Algorithm) (order, error) {
	first, data := (*Game).collectInitial, (*Game).collect
	fit, improve := (*Game).fitModel, (*Game).improvePolicy
	switch a {
	case PAL: // algorithm 3, lines 3 and 5 to 7; equations 15, 16
		return order{begin: []move{first}, loop: []move{fit, improve, data}}, nil
	case MAL: // algorithm 4, lines 3, 4 and 6 to 8; equations 18, 19
		return order{begin: []move{first, fit}, loop: []move{improve, data, fit}}, nil
	case GDA: // equations 6, 7: the policy does not see M_{k+1}, the model not the data of π_{k+1}
		return order{begin: []move{first, fit}, loop: []move{improve, fit, data}}, nil
	case BR: // equations 8, 9: the same order
		return order{begin: []move{first, fit}, loop: []move{improve, fit, data}}, nil
	}
	return order{}, fmt.Errorf("algorithm %q: want one of %v", a, Algorithms())
}

// play makes moves one after another until one fails or ctx is cancelled.
func (g *Game) play(ctx context.Context, moves []move) error {
	for _, move := range moves {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := move(g, ctx); err != nil {
			return err
		}
	}
	return nil
}
