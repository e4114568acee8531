"""Error of the ensemble mean and spread: ours against xskillscore and scores."""
import scores.continuous
import xarray as xr
import xskillscore
from oracle import agree, case, fp32, main, ours


@case
def errors_of_the_mean_and_variance(rng):
    for members in (2, 7, 100):
        x = fp32(5500.0 + 60.0 * rng.standard_normal((members, 11, 8)))
        y = fp32(5520.0 + 60.0 * rng.standard_normal((11, 8)))
        got = ours("row_moments", members=x, truth=y)
        forecast, observed = xr.DataArray(x, dims=["member", "lat", "lon"]), xr.DataArray(y, dims=["lat", "lon"])
        mean = forecast.mean("member")
        # All in fp64; the errors are a hundredth of the fields, which costs two digits.
        agree(got["bias"], xskillscore.me(mean, observed, dim="lon").values, 1e-12, scale=60.0)
        agree(got["absolute_error"], xskillscore.mae(mean, observed, dim="lon").values, 1e-12)
        agree(got["squared_error"], xskillscore.mse(mean, observed, dim="lon").values, 1e-12)
        agree(got["squared_error"], scores.continuous.mse(mean, observed, reduce_dims="lon").values, 1e-12)
        agree(got["variance"], forecast.var("member", ddof=1).mean("lon").values, 1e-12)


main()
