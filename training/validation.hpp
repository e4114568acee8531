#pragma once
/// \file
/// Held-out error of a model by lead time.

#include <cstdint>
#include <vector>

#include "src/comm/comm.hpp"
#include "src/model/model.hpp"
#include "training/state_store.hpp"

namespace myriad::train {

/// Root-mean-square error per lead and channel: rmse[lead][channel] in physical units.
///
/// Area-weighted mean of squares, averaged over the starts, root last. \p starts are indices of newest history states;
/// \p lead_steps increasing. Starts are dealt to the ranks; the sum runs in start order, so the result does not depend on
/// the rank count.
std::vector<std::vector<double>> rmse_by_lead(Model& model, const StateStore& normalised,
                                              const std::vector<std::int64_t>& starts,
                                              const std::vector<std::int64_t>& lead_steps, Comm& comm);

/// Every n-th of \p starts, at most \p count of them, evenly spread.
std::vector<std::int64_t> spread_evenly(const std::vector<std::int64_t>& starts, std::int64_t count);

}  // namespace myriad::train
