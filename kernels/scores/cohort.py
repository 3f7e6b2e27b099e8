"""What is usual where nothing is known of a person yet: hazards of a silence by mode, two hours of the day, and age.

They are those of simulated people of several kinds of household, not of a census: a person's own habits outweigh them
within weeks, and a city may replace them by what its people have shown (`kernels.scores.inactivity.pool`).
"""

import numpy as np

ENDS_AN_HOUR = np.array(
    [  # at home, then out; rows: from midnight on two hours each; columns: ages of 1, 2, 4, 8, 16 hours and more
        [
            [0.266, 0.201, 0.193, 0.103, 0.015],
            [0.213, 0.206, 0.195, 0.147, 0.021],
            [0.208, 0.202, 0.212, 0.174, 0.036],
            [0.754, 0.584, 0.593, 0.750, 0.053],
            [1.551, 0.948, 0.860, 1.288, 0.097],
            [1.798, 1.335, 0.885, 0.712, 0.073],
            [1.598, 1.474, 1.119, 0.549, 0.038],
            [1.761, 1.721, 1.398, 0.251, 0.094],
            [1.732, 1.551, 0.767, 0.067, 0.038],
            [1.896, 1.574, 0.847, 0.206, 0.021],
            [1.474, 1.221, 0.746, 0.231, 0.020],
            [0.378, 0.272, 0.300, 0.050, 0.032],
        ],
        [
            [0.397, 0.176, 0.050, 0.019, 0.008],
            [0.500, 0.296, 0.081, 0.024, 0.020],
            [0.500, 0.350, 0.149, 0.031, 0.024],
            [0.267, 0.187, 0.122, 0.065, 0.031],
            [0.799, 0.986, 0.691, 0.060, 0.012],
            [0.812, 0.965, 0.708, 0.099, 0.017],
            [0.761, 0.991, 0.939, 0.241, 0.015],
            [0.868, 0.980, 0.818, 0.300, 0.024],
            [0.913, 1.085, 0.845, 0.315, 0.026],
            [0.680, 0.857, 0.873, 0.118, 0.025],
            [0.187, 0.069, 0.403, 0.181, 0.020],
            [0.323, 0.102, 0.111, 0.053, 0.014],
        ],
    ]
)
COHORT = ENDS_AN_HOUR / 60
BLOCKS = np.arange(7 * 24) % 24 // 2  # of the civil week's hours, from Monday on
