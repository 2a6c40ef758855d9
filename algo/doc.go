// Package algo is the method: model-based reinforcement learning as a game between two players. The
// policy player maximises return in a learned model. The model player minimises the prediction error on
// the data that the policy collects in the world.
//
// Source: Rajeswaran, Mordatch, Kumar, "A Game Theoretic Framework for Model Based Reinforcement
// Learning" (ICML 2020), called the paper here. Solved as a Stackelberg game it gives [PAL] and
// [MAL]; [GDA] and [BR] are the naive simultaneous learners to compare with. The four orders of play are
// one table (order.go) over three moves: the model player's fit (model.go), the policy player's
// improvement (player.go; npg.go is the paper's subroutine 1) and the collection of data (collect.go).
//
// The package opens no file and knows no device: what is numerical is done by an [nn.Backend],
// what is real by a [World].
package algo
