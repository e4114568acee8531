"""Rank histogram: ours against xskillscore, on members without ties (packages split ties in different ways)."""
import xarray as xr
import xskillscore
from oracle import agree, case, fp32, main, ours


@case
def counts_of_ranks(rng):
    for members in (1, 9, 50):
        x, y = fp32(rng.standard_normal((members, 30, 40))), fp32(1.3 * rng.standard_normal((30, 40)) + 0.2)
        got = ours("rank_counts", members=x, truth=y)["rank_counts"]
        forecast, observed = xr.DataArray(x, dims=["member", "lat", "lon"]), xr.DataArray(y, dims=["lat", "lon"])
        agree(got, xskillscore.rank_histogram(observed, forecast, dim=["lat", "lon"]).values, 1e-12)


main()
